import type { ProjectId, SnapshotId } from '../common/ids';
import type { TimeRange } from '../common/time-range';
import type { LogLevel } from '../logs/log-level';

export const SNAPSHOT_TRIGGERS = ['scheduled', 'manual'] as const;
export type SnapshotTrigger = (typeof SNAPSHOT_TRIGGERS)[number];

export interface ServiceState {
  readonly serviceName: string;
  readonly countByLevel: Readonly<Partial<Record<LogLevel, number>>>;
}

export interface QueueState {
  readonly queue: string;
  readonly messages: number;
  readonly deadLetters: number;
}

/** The comparable state of a project's services at an instant. */
export interface Snapshot {
  readonly id: SnapshotId;
  readonly projectId: ProjectId;
  readonly trigger: SnapshotTrigger;
  readonly takenAtMs: number;
  readonly range: TimeRange;
  readonly countByLevel: Readonly<Partial<Record<LogLevel, number>>>;
  readonly services: readonly ServiceState[];
  readonly topPatterns: readonly {
    readonly fingerprint: string;
    readonly serviceName: string;
    readonly level: LogLevel;
    readonly count: number;
    readonly example: string;
  }[];
  readonly metrics: readonly {
    readonly metricName: string;
    readonly serviceName: string;
    readonly value: number;
  }[];
  /** Undefined where their engine did not answer. */
  readonly queues?: readonly QueueState[];
  readonly openIncidents: number;
}
