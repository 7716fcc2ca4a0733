import { ScheduleOverlapPolicy } from '@temporalio/client';
import { INTERVALS_SECONDS } from '../../../libs/core/src/alerting/rule';
import type { AlertEvaluationInput } from '../../../workflows/alert-evaluation/alert-evaluation.contract';
import type { AnomalyDetectionInput } from '../../../workflows/anomaly-detection/anomaly-detection.contract';
import type { RetentionSweepInput } from '../../../workflows/retention/retention.contract';
import type { LogClusteringInput } from '../../../workflows/log-clustering/log-clustering.contract';
import { TASK_QUEUE } from '../../../workflows/shared/task-queue.contract';
import type { ServiceEdgeSweepInput } from '../../../workflows/service-edges/service-edges.contract';
import {
  alertEvaluationId,
  anomalyDetectionId,
  logClusteringId,
  RETENTION_SWEEP_ID,
  serviceEdgesId,
  snapshotSweepId,
} from '../../../workflows/shared/workflow-ids';
import type { SnapshotSweepInput } from '../../../workflows/snapshot/snapshot.contract';

export interface WantedSchedule {
  readonly scheduleId: string;
  readonly everyMs: number;
  readonly overlap: ScheduleOverlapPolicy;
  readonly catchupWindowMs: number;
  readonly workflowType: string;
  readonly input:
    | AlertEvaluationInput
    | AnomalyDetectionInput
    | LogClusteringInput
    | RetentionSweepInput
    | ServiceEdgeSweepInput
    | SnapshotSweepInput;
  /** A run that cannot end is ended by then, because no other starts before. */
  readonly timeoutMs: number;
  readonly taskQueue: string;
}

export interface ScheduleSettings {
  readonly shards: number;
  readonly snapshotIntervalMinutes: number;
  readonly clusteringIntervalMinutes: number;
  readonly detectionIntervalMinutes: number;
  readonly taskQueue?: string;
}

/** The least that Temporal takes. */
const CATCH_UP_FLOOR_MS = 10_000;
const EVALUATION_TIMEOUT_MS = 10 * 60_000;
/** The least there is: edges are counted by minute. */
const SERVICE_EDGES_EVERY_MS = 60_000;
const SERVICE_EDGES_TIMEOUT_MS = 10 * 60_000;
const DETECTION_TIMEOUT_MS = 60 * 60_000;
const CLUSTERING_TIMEOUT_MS = 60 * 60_000;
const SWEEP_TIMEOUT_MS = 60 * 60_000;
/** Whole days are dropped: more often would find nothing more, but less often would delay what failed. */
const RETENTION_EVERY_MS = 60 * 60_000;
const RETENTION_TIMEOUT_MS = 6 * 60 * 60_000;

/** Ids of schedules that are ours to change and to remove. */
export function isOurSchedule(scheduleId: string): boolean {
  return (
    scheduleId === RETENTION_SWEEP_ID ||
    /^(alertEvaluation:\w+|anomalyDetection|logClustering|serviceEdges|snapshotSweep):shard-\d+$/.test(
      scheduleId,
    )
  );
}

/**
 * The schedules there have to be: as many as shards for each interval, however many rules and projects there are, and one that
 * deletes by age.
 *
 * A run that would overlap is skipped, and after an outage only the last missed run is made up for: each run evaluates what
 * the runs before it missed, from cursors of our own, so a queue of late runs would only repeat its work.
 */
export function wantedSchedules(settings: ScheduleSettings): readonly WantedSchedule[] {
  const { shards, snapshotIntervalMinutes, clusteringIntervalMinutes, taskQueue = TASK_QUEUE } = settings;
  const detectionMs = settings.detectionIntervalMinutes * 60_000;
  const eachShard = Array.from({ length: shards }, (_, shard) => shard);
  const common = { overlap: ScheduleOverlapPolicy.SKIP, taskQueue };
  const windowMs = snapshotIntervalMinutes * 60_000;
  const clusteringMs = clusteringIntervalMinutes * 60_000;
  const ofShards = eachShard.flatMap((shard): WantedSchedule[] => [
    ...INTERVALS_SECONDS.map((intervalSeconds): WantedSchedule => {
      const everyMs = intervalSeconds * 1000;
      return {
        ...common,
        scheduleId: alertEvaluationId(intervalSeconds, shard),
        everyMs,
        catchupWindowMs: Math.max(everyMs, CATCH_UP_FLOOR_MS),
        workflowType: 'alertEvaluation',
        input: { intervalSeconds, shard, shards },
        timeoutMs: EVALUATION_TIMEOUT_MS,
      };
    }),
    {
      ...common,
      scheduleId: anomalyDetectionId(shard),
      everyMs: detectionMs,
      catchupWindowMs: detectionMs,
      workflowType: 'anomalyDetection',
      input: { shard, shards },
      timeoutMs: DETECTION_TIMEOUT_MS,
    },
    {
      ...common,
      scheduleId: logClusteringId(shard),
      everyMs: clusteringMs,
      catchupWindowMs: clusteringMs,
      workflowType: 'logClustering',
      input: { shard, shards, windowMs: clusteringMs },
      timeoutMs: CLUSTERING_TIMEOUT_MS,
    },
    {
      ...common,
      scheduleId: serviceEdgesId(shard),
      everyMs: SERVICE_EDGES_EVERY_MS,
      catchupWindowMs: SERVICE_EDGES_EVERY_MS,
      workflowType: 'serviceEdges',
      input: { shard, shards },
      timeoutMs: SERVICE_EDGES_TIMEOUT_MS,
    },
    {
      ...common,
      scheduleId: snapshotSweepId(shard),
      everyMs: windowMs,
      catchupWindowMs: windowMs,
      workflowType: 'snapshotSweep',
      input: { shard, shards, windowMs },
      timeoutMs: SWEEP_TIMEOUT_MS,
    },
  ]);
  return [...ofShards, retentionSchedule(taskQueue)];
}

function retentionSchedule(taskQueue: string): WantedSchedule {
  return {
    scheduleId: RETENTION_SWEEP_ID,
    everyMs: RETENTION_EVERY_MS,
    overlap: ScheduleOverlapPolicy.SKIP,
    catchupWindowMs: RETENTION_EVERY_MS,
    workflowType: 'retentionSweep',
    input: {},
    timeoutMs: RETENTION_TIMEOUT_MS,
    taskQueue,
  };
}
