import { continueAsNew, isCancellation, log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ProjectId } from '../../libs/core/src/common/ids';
import { DETECTION_OPTIONS, LISTING_OPTIONS } from '../shared/activity-options';
import { SCHEDULED_START_TIME } from '../shared/search-attributes';
import type { SnapshotActivities } from '../snapshot/snapshot.contract';
import type {
  AnomalyDetectionActivities,
  AnomalyDetectionInput,
  AnomalyDetectionResult,
} from './anomaly-detection.contract';

const { detectAnomalies } = proxyActivities<AnomalyDetectionActivities>(DETECTION_OPTIONS);
const { listShardProjects } = proxyActivities<Pick<SnapshotActivities, 'listShardProjects'>>(LISTING_OPTIONS);

/** Each project is read series by series; the stores are left to those who wait for an answer. */
const PROJECTS_AT_ONCE = 2;

/**
 * Judges the new values of all series of a shard's projects up to the scheduled instant. A project that fails is counted and
 * holds up no other. Continues as new after each page of projects, so that its history stays short.
 */
export async function anomalyDetection(input: AnomalyDetectionInput): Promise<AnomalyDetectionResult> {
  const { shard, shards, after } = input;
  const { typedSearchAttributes, startTime } = workflowInfo();
  const scheduledAtMs =
    input.scheduledAtMs ?? (typedSearchAttributes.get(SCHEDULED_START_TIME) ?? startTime).getTime();
  const page = await listShardProjects({ shard, shards, ...(after !== undefined && { after }) });

  let { judged, failed } = input.soFar ?? { judged: 0, failed: 0 };
  const waiting = page.projectIds.values();
  const lane = async () => {
    for (const projectId of waiting) {
      if (await detectOne(projectId, scheduledAtMs)) judged += 1;
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: PROJECTS_AT_ONCE }, lane));

  if (page.continueAfter === undefined) return { judged, failed };
  return continueAsNew<typeof anomalyDetection>({
    shard,
    shards,
    scheduledAtMs,
    after: page.continueAfter,
    soFar: { judged, failed },
  });
}

async function detectOne(projectId: ProjectId, scheduledAtMs: number): Promise<boolean> {
  try {
    await detectAnomalies({ projectId, scheduledAtMs });
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('anomaly detection of a project failed, the next run makes up for it', {
      project_id: projectId,
      err: error,
    });
    return false;
  }
}
