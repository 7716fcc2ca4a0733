/**
 * How it is known that a service calls another: `parent_span`, where a record's span names its parent, whose records are of
 * the caller; `shared_trace`, weaker, where a trace names no parents and its services are taken in order of their first record.
 */
export const SERVICE_EDGE_KINDS = ['parent_span', 'shared_trace'] as const;
export type ServiceEdgeKind = (typeof SERVICE_EDGE_KINDS)[number];

/** Who calls whom, and how many calls were seen. */
export interface ServiceEdge {
  readonly caller: string;
  readonly callee: string;
  readonly kind: ServiceEdgeKind;
  readonly count: number;
}

/** The calls that began within one minute, which is given by its start (epoch milliseconds, a multiple of 60,000). */
export interface MinuteServiceEdge extends ServiceEdge {
  readonly minuteMs: number;
}

/** How much is looked at per minute. Of more traces, those whose ids hash lowest: a sample that repeats. */
export interface ServiceEdgeLimits {
  /** Records that are looked through for the minute's traces, the earliest first. */
  readonly recordsPerMinute: number;
  readonly tracesPerMinute: number;
  readonly recordsPerTrace: number;
  /** The most frequent are kept. */
  readonly edgesPerMinute: number;
}
