import { continueAsNew, isCancellation, log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ProjectId } from '../../libs/core/src/common/ids';
import { CLUSTERING_OPTIONS, LISTING_OPTIONS } from '../shared/activity-options';
import { SCHEDULED_START_TIME } from '../shared/search-attributes';
import type { SnapshotActivities } from '../snapshot/snapshot.contract';
import type {
  LogClusteringActivities,
  LogClusteringInput,
  LogClusteringResult,
} from './log-clustering.contract';

const { clusterProject } = proxyActivities<LogClusteringActivities>(CLUSTERING_OPTIONS);
const { listShardProjects } = proxyActivities<Pick<SnapshotActivities, 'listShardProjects'>>(LISTING_OPTIONS);

/** Patterns are not urgent; the stores are left to those who wait for an answer. */
const PROJECTS_AT_ONCE = 2;

/**
 * Brings the pattern catalogues of a shard's projects up to the scheduled instant. A project that fails is counted and holds up
 * no other. Continues as new after each page of projects, so that its history stays short.
 */
export async function logClustering(input: LogClusteringInput): Promise<LogClusteringResult> {
  const { shard, shards, windowMs, after } = input;
  const { typedSearchAttributes, startTime } = workflowInfo();
  const scheduledAtMs =
    input.scheduledAtMs ?? (typedSearchAttributes.get(SCHEDULED_START_TIME) ?? startTime).getTime();
  const page = await listShardProjects({ shard, shards, ...(after !== undefined && { after }) });

  let { clustered, failed } = input.soFar ?? { clustered: 0, failed: 0 };
  const waiting = page.projectIds.values();
  const lane = async () => {
    for (const projectId of waiting) {
      if (await clusterOne(projectId, scheduledAtMs, windowMs)) clustered += 1;
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: PROJECTS_AT_ONCE }, lane));

  if (page.continueAfter === undefined) return { clustered, failed };
  return continueAsNew<typeof logClustering>({
    shard,
    shards,
    windowMs,
    scheduledAtMs,
    after: page.continueAfter,
    soFar: { clustered, failed },
  });
}

async function clusterOne(projectId: ProjectId, scheduledAtMs: number, windowMs: number): Promise<boolean> {
  try {
    await clusterProject({ projectId, scheduledAtMs, windowMs });
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('log clustering of a project failed, the next run makes up for it', {
      project_id: projectId,
      err: error,
    });
    return false;
  }
}
