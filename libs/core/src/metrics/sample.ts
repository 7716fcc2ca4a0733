import type { ProjectId } from '../common/ids';

export type Tags = Readonly<Record<string, string>>;

/** What identifies a series within a project. */
export interface SeriesKey {
  readonly metricName: string;
  /** Empty where the sender named none. */
  readonly serviceName: string;
  readonly tags: Tags;
}

/** One value of one series at one instant. Made only by toSample; encoded only by metric-batch.message.ts. */
export interface Sample extends SeriesKey {
  readonly projectId: ProjectId;
  /** ISO 8601 in UTC with milliseconds. */
  readonly timestamp: string;
  /** Finite. */
  readonly value: number;
}
