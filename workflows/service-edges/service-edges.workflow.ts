import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import { SERVICE_EDGE_OPTIONS } from '../shared/activity-options';
import { scheduledInstantMs } from '../shared/scheduled-instant';
import type {
  ServiceEdgeActivities,
  ServiceEdgeSweepInput,
  ServiceEdgeSweepResult,
} from './service-edges.contract';

const { deriveShardEdges } = proxyActivities<ServiceEdgeActivities>(SERVICE_EDGE_OPTIONS);

/**
 * Keeps the service edges of a shard's projects up to the scheduled instant. Where runs before it were missed, it makes up for
 * them: Temporal hands it the result of the last run that ended well.
 */
export async function serviceEdges(input: ServiceEdgeSweepInput): Promise<ServiceEdgeSweepResult> {
  const scheduledAtMs = scheduledInstantMs();
  const derivedToMs = (workflowInfo().lastResult as ServiceEdgeSweepResult | undefined)?.derivedToMs;
  return deriveShardEdges({ ...input, scheduledAtMs, ...(derivedToMs !== undefined && { derivedToMs }) });
}
