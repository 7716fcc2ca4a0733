import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import { DETECTION_OPTIONS, LISTING_OPTIONS } from '../shared/activity-options';
import { scheduledInstantMs } from '../shared/scheduled-instant';
import { visitProjects } from '../shared/visit-projects';
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
  const scheduledAtMs = input.scheduledAtMs ?? scheduledInstantMs();
  const page = await listShardProjects({ shard, shards, ...(after !== undefined && { after }) });
  const failure = 'anomaly detection of a project failed, the next run makes up for it';
  const { visited, failed } = await visitProjects(page.projectIds, PROJECTS_AT_ONCE, failure, (projectId) =>
    detectAnomalies({ projectId, scheduledAtMs }),
  );
  const { soFar = { judged: 0, failed: 0 } } = input;
  const result = { judged: soFar.judged + visited, failed: soFar.failed + failed };
  if (page.continueAfter === undefined) return result;
  return continueAsNew<typeof anomalyDetection>({
    shard,
    shards,
    scheduledAtMs,
    after: page.continueAfter,
    soFar: result,
  });
}
