import type { Counter, Gauge, Histogram } from 'prom-client';

export interface MetricOptions<Label extends string> {
  /** Begins with `opspilot_`; counters end in `_total`, others in their unit. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

/** The Nest token of the process's metrics. Asking for a name again returns the metric that is there. */
export abstract class AppMetrics {
  /** With `collect`, what has been counted elsewhere is added at each scrape. */
  abstract counter<Label extends string = never>(
    options: MetricOptions<Label> & { readonly collect?: (counter: Counter<Label>) => void },
  ): Counter<Label>;
  /** With `collect`, the value is asked for at each scrape. */
  abstract gauge<Label extends string = never>(
    options: MetricOptions<Label> & { readonly collect?: (gauge: Gauge<Label>) => void | Promise<void> },
  ): Gauge<Label>;
  abstract histogram<Label extends string = never>(
    options: MetricOptions<Label> & { readonly buckets: readonly number[] },
  ): Histogram<Label>;
  /** Sum of a counter or gauge over all label sets that have `labels`; undefined where this process has none of that name. */
  abstract total(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>;
  /** The Prometheus text exposition format, and the content type that goes with it. */
  abstract exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
}
