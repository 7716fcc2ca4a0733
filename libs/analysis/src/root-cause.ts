/** What rankRootCauses takes and gives. Instants are epoch milliseconds. */

/** `ref` is the caller's own name for a piece of input; contributions point back to it. */
export interface SeriesInput {
  readonly ref: string;
  readonly serviceName: string;
  readonly metricName: string;
  /** In order of time, from the start of the baseline to the end of the incident window. */
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
  /** Values of a period that is known to be normal, at any time; the baseline window then only tells what was so right before. */
  readonly reference?: readonly { readonly atMs: number; readonly value: number }[];
}

/** How often one log pattern occurred in a service before and after the onset. */
export interface PatternInput {
  readonly ref: string;
  readonly serviceName: string;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  /** The masked message, or one example of it. */
  readonly text: string;
  readonly baselineCount: number;
  readonly incidentCount: number;
  /** First occurrence within the incident window; of a pattern that was there before, when it became more frequent. */
  readonly firstAtMs?: number;
}

export interface ChangeInput {
  readonly ref: string;
  readonly serviceName: string;
  readonly kind: 'deploy' | 'config' | 'flag' | 'scale' | 'other';
  readonly title: string;
  readonly atMs: number;
}

/** `caller` sends requests to `callee`, so trouble of the callee shows up in the caller. */
export interface EdgeInput {
  readonly caller: string;
  readonly callee: string;
}

/** Latency of the calls of one service to another, as the caller (client) or the callee (server) measures it. */
export interface CallSeriesInput {
  readonly ref: string;
  readonly caller: string;
  readonly callee: string;
  readonly side: 'client' | 'server';
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

/** One log record that belongs to a span. */
export interface TraceLogInput {
  readonly traceId: string;
  readonly spanId: string;
  readonly serviceName: string;
  readonly level: PatternInput['level'];
  readonly message: string;
}

export interface SpanInput {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly serviceName: string;
  readonly operation: string;
  readonly startMs: number;
  readonly durationMs: number;
}

export interface RootCauseInput {
  readonly baseline: { readonly fromMs: number; readonly toMs: number };
  readonly incident: { readonly fromMs: number; readonly toMs: number };
  readonly series: readonly SeriesInput[];
  readonly patterns: readonly PatternInput[];
  readonly changes: readonly ChangeInput[];
  readonly edges: readonly EdgeInput[];
  /** Latencies of single call edges. */
  readonly calls?: readonly CallSeriesInput[];
  /** Spans of both windows, and the log records of them. */
  readonly spans?: readonly SpanInput[];
  readonly logs?: readonly TraceLogInput[];
  /** Spans and log records of a time that is known to be normal. */
  readonly reference?: { readonly spans: readonly SpanInput[]; readonly logs: readonly TraceLogInput[] };
  /** When an alert told that something is wrong: then weak evidence is better than none. */
  readonly alertedAtMs?: number;
  /** What the incident was noticed by, such as the metric of the alert rule: signals of its class count most. */
  readonly symptom?: { readonly serviceName: string; readonly metricName: string };
  /** The metrics of all alerts by which the incident was noticed: their last values count, be they ever so few. */
  readonly alertedMetrics?: readonly string[];
  /** Only these services are ranked; where absent, every service that the input names. */
  readonly candidates?: readonly string[];
}

export type CauseKind =
  | 'deploy'
  | 'config'
  | 'flag'
  | 'scale'
  | 'change'
  | 'resource'
  | 'latency'
  | 'errors'
  | 'traffic'
  | 'silence'
  | 'unknown';

/** One piece of evidence for a cause. */
export interface Contribution {
  readonly kind: 'metric' | 'pattern' | 'change' | 'topology' | 'trace';
  /** The `ref` of the input it comes from. */
  readonly ref: string;
  /** Its part of the cause's score. Negative where it speaks against. */
  readonly weight: number;
  /** When this signal departed from its baseline, where that can be told. */
  readonly onsetMs?: number;
  /** One plain clause, with figures: "db_connections rose from 12 to 97". */
  readonly why: string;
}

export interface RankedCause {
  readonly serviceName: string;
  /** The signal that speaks loudest: a metric's name, a pattern's text or a change's title. */
  readonly signal: string;
  readonly causeKind: CauseKind;
  /** Comparable within one ranking only; all scores of a ranking sum to 1. */
  readonly score: number;
  readonly onsetMs?: number;
  /** The heaviest first. */
  readonly contributions: readonly Contribution[];
}

/** Best supported first. Empty where nothing departed from its baseline: then there is nothing to rank. */
export interface RootCauseRanking {
  readonly algorithm: string;
  readonly version: string;
  readonly causes: readonly RankedCause[];
}
