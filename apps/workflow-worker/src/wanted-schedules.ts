import { ScheduleOverlapPolicy } from '@temporalio/client';
import { INTERVALS_SECONDS } from '../../../libs/core/src/alerting/rule';
import type { AlertEvaluationInput } from '../../../workflows/alert-evaluation/alert-evaluation.contract';
import type { AnomalyDetectionInput } from '../../../workflows/anomaly-detection/anomaly-detection.contract';
import type { IncidentSweepInput } from '../../../workflows/incident/incident-sweep.contract';
import type { RetentionSweepInput } from '../../../workflows/retention/retention.contract';
import type { LogClusteringInput } from '../../../workflows/log-clustering/log-clustering.contract';
import { TASK_QUEUE } from '../../../workflows/shared/task-queue.contract';
import type { ServiceEdgeSweepInput } from '../../../workflows/service-edges/service-edges.contract';
import {
  alertEvaluationId,
  anomalyDetectionId,
  incidentSweepId,
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
    | IncidentSweepInput
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
/** How long an incident may go without what its workflow would do, after Temporal has lost it. */
const INCIDENT_SWEEP_EVERY_MS = 5 * 60_000;
const INCIDENT_SWEEP_TIMEOUT_MS = 10 * 60_000;
const DETECTION_TIMEOUT_MS = 60 * 60_000;
const CLUSTERING_TIMEOUT_MS = 60 * 60_000;
const SNAPSHOT_SWEEP_TIMEOUT_MS = 60 * 60_000;
/** Whole days are dropped: more often would find nothing more, but less often would delay what failed. */
const RETENTION_EVERY_MS = 60 * 60_000;
const RETENTION_TIMEOUT_MS = 6 * 60 * 60_000;

/** Ids of schedules that are ours to change and to remove. */
export function isOurSchedule(scheduleId: string): boolean {
  return (
    scheduleId === RETENTION_SWEEP_ID ||
    /^(alertEvaluation:\w+|anomalyDetection|incidentSweep|logClustering|serviceEdges|snapshotSweep):shard-\d+$/.test(
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
  const eachShard = Array.from({ length: settings.shards }, (_, shard) => shard);
  return [...eachShard.flatMap((shard) => shardSchedules(shard, settings)), retentionSchedule(settings)];
}

function shardSchedules(shard: number, settings: ScheduleSettings): readonly WantedSchedule[] {
  const { shards } = settings;
  const windowMs = settings.snapshotIntervalMinutes * 60_000;
  const clusteringMs = settings.clusteringIntervalMinutes * 60_000;
  const input = { shard, shards };
  const schedule = scheduleWith(settings);
  return [
    ...INTERVALS_SECONDS.map((intervalSeconds) =>
      schedule({
        scheduleId: alertEvaluationId(intervalSeconds, shard),
        everyMs: intervalSeconds * 1000,
        workflowType: 'alertEvaluation',
        input: { intervalSeconds, ...input },
        timeoutMs: EVALUATION_TIMEOUT_MS,
      }),
    ),
    schedule({
      scheduleId: anomalyDetectionId(shard),
      everyMs: settings.detectionIntervalMinutes * 60_000,
      workflowType: 'anomalyDetection',
      input,
      timeoutMs: DETECTION_TIMEOUT_MS,
    }),
    schedule({
      scheduleId: incidentSweepId(shard),
      everyMs: INCIDENT_SWEEP_EVERY_MS,
      workflowType: 'incidentSweep',
      input,
      timeoutMs: INCIDENT_SWEEP_TIMEOUT_MS,
    }),
    schedule({
      scheduleId: logClusteringId(shard),
      everyMs: clusteringMs,
      workflowType: 'logClustering',
      input: { ...input, windowMs: clusteringMs },
      timeoutMs: CLUSTERING_TIMEOUT_MS,
    }),
    schedule({
      scheduleId: serviceEdgesId(shard),
      everyMs: SERVICE_EDGES_EVERY_MS,
      workflowType: 'serviceEdges',
      input,
      timeoutMs: SERVICE_EDGES_TIMEOUT_MS,
    }),
    schedule({
      scheduleId: snapshotSweepId(shard),
      everyMs: windowMs,
      workflowType: 'snapshotSweep',
      input: { ...input, windowMs },
      timeoutMs: SNAPSHOT_SWEEP_TIMEOUT_MS,
    }),
  ];
}

function retentionSchedule(settings: ScheduleSettings): WantedSchedule {
  return scheduleWith(settings)({
    scheduleId: RETENTION_SWEEP_ID,
    everyMs: RETENTION_EVERY_MS,
    workflowType: 'retentionSweep',
    input: {},
    timeoutMs: RETENTION_TIMEOUT_MS,
  });
}

function scheduleWith({ taskQueue = TASK_QUEUE }: ScheduleSettings) {
  return (schedule: Omit<WantedSchedule, 'overlap' | 'catchupWindowMs' | 'taskQueue'>): WantedSchedule => ({
    ...schedule,
    overlap: ScheduleOverlapPolicy.SKIP,
    catchupWindowMs: Math.max(schedule.everyMs, CATCH_UP_FLOOR_MS),
    taskQueue,
  });
}
