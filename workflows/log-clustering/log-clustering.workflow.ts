import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import { CLUSTERING_OPTIONS, LISTING_OPTIONS } from '../shared/activity-options';
import { scheduledInstantMs } from '../shared/scheduled-instant';
import { visitProjects } from '../shared/visit-projects';
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
  const scheduledAtMs = input.scheduledAtMs ?? scheduledInstantMs();
  const page = await listShardProjects({ shard, shards, ...(after !== undefined && { after }) });
  const failure = 'log clustering of a project failed, the next run makes up for it';
  const { visited, failed } = await visitProjects(page.projectIds, PROJECTS_AT_ONCE, failure, (projectId) =>
    clusterProject({ projectId, scheduledAtMs, windowMs }),
  );
  const { soFar = { clustered: 0, failed: 0 } } = input;
  const result = { clustered: soFar.clustered + visited, failed: soFar.failed + failed };
  if (page.continueAfter === undefined) return result;
  return continueAsNew<typeof logClustering>({
    shard,
    shards,
    windowMs,
    scheduledAtMs,
    after: page.continueAfter,
    soFar: result,
  });
}
