import type { IntervalSeconds } from '../../libs/core/src/alerting/rule';
import { formatDurationSeconds } from '../../libs/core/src/common/duration';
import type { IncidentId, InvestigationId, ProjectId } from '../../libs/core/src/common/ids';
import { toIso } from '../../libs/core/src/common/time-range';

/** The only builder of workflow ids, `<workflow>:<scope>:<subject>`. Starting an id twice is normal and harmless. */

/** Id of the Schedule and, with the scheduled time appended by Temporal, of each of its runs. */
export function alertEvaluationId(intervalSeconds: IntervalSeconds, shard: number): string {
  return `alertEvaluation:${formatDurationSeconds(intervalSeconds)}:shard-${shard}`;
}

/** Requests for the same instant share one evaluation. */
export function requestedEvaluationId(projectId: ProjectId, evaluateAtMs: number): string {
  return `requestedEvaluation:${projectId}:${toIso(evaluateAtMs)}`;
}

/** `contentId` is derived from the transitions, so that handing over the same ones again starts nothing new. */
export function transitionHandoverId(projectId: ProjectId, contentId: string): string {
  return `transitionHandover:${projectId}:${contentId}`;
}

export function incidentWorkflowId(projectId: ProjectId, incidentId: IncidentId): string {
  return `incident:${projectId}:${incidentId}`;
}

/** Id of the Schedule that takes up a shard's incidents again, and the beginning of the ids of its runs. */
export function incidentSweepId(shard: number): string {
  return `incidentSweep:shard-${shard}`;
}

export function notificationWorkflowId(incidentId: IncidentId, sequence: number): string {
  return `notification:${incidentId}:${sequence}`;
}

export function investigationWorkflowId(projectId: ProjectId, investigationId: InvestigationId): string {
  return `investigation:${projectId}:${investigationId}`;
}

export function snapshotWorkflowId(projectId: ProjectId, takenAtMs: number): string {
  return `snapshot:${projectId}:${toIso(takenAtMs)}`;
}

/** Id of the Schedule that starts a shard's snapshots, and the beginning of the ids of its runs. */
export function snapshotSweepId(shard: number): string {
  return `snapshotSweep:shard-${shard}`;
}

/** Id of the Schedule that derives a shard's service edges, and the beginning of the ids of its runs. */
export function serviceEdgesId(shard: number): string {
  return `serviceEdges:shard-${shard}`;
}

/** Id of the Schedule that judges the series of a shard's projects, and the beginning of the ids of its runs. */
export function anomalyDetectionId(shard: number): string {
  return `anomalyDetection:shard-${shard}`;
}

/** Id of the Schedule that keeps a shard's pattern catalogues, and the beginning of the ids of its runs. */
export function logClusteringId(shard: number): string {
  return `logClustering:shard-${shard}`;
}

/** Id of the one Schedule that deletes by age, and the beginning of the ids of its runs. */
export const RETENTION_SWEEP_ID = 'retentionSweep';

/** One run at a time for each project. */
export function retentionId(projectId: ProjectId): string {
  return `retention:${projectId}`;
}
