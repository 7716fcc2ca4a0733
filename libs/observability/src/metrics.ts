import {
  Counter,
  Gauge,
  Histogram,
  type MetricConfiguration,
  Registry,
  collectDefaultMetrics,
} from 'prom-client';
import { AppMetrics, type MetricOptions } from './app-metrics';

/** For durations in seconds, from one millisecond to half a minute. */
export const DURATION_BUCKETS_SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/**
 * How often the event loop is looked at for `nodejs_eventloop_lag_*`, which include these milliseconds. Every ten, as the library would
 * do it, takes 0.7 % of a core from each process that has nothing to do.
 */
const EVENT_LOOP_LOOK_EVERY_MS = 100;
/** Less than Prometheus waits for an answer: while one engine hangs, all other figures are worth the most. */
const COLLECT_TIMEOUT_MS = 5000;

export interface MetricsRegistryOptions {
  /** Node's own figures (event loop, heap, garbage collection) beside ours; on unless a test turns them off. */
  readonly runtimeMetrics?: boolean;
  /** How long a scrape waits for a gauge that has to ask; one that does not know by then is left out. By default five seconds. */
  readonly collectTimeoutMs?: number;
}

/** Metrics of this process; each carries the label `role`. */
export function createMetricsRegistry(role: string, options: MetricsRegistryOptions = {}): AppMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  if (options.runtimeMetrics !== false) {
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_EVERY_MS });
  }
  return new PrometheusMetrics(registry, options.collectTimeoutMs ?? COLLECT_TIMEOUT_MS);
}

class PrometheusMetrics extends AppMetrics {
  constructor(
    private readonly registry: Registry,
    private readonly collectTimeoutMs: number,
  ) {
    super();
  }

  counter<Label extends string = never>(
    options: MetricOptions<Label> & { readonly collect?: (counter: Counter<Label>) => void },
  ): Counter<Label> {
    const known = this.registry.getSingleMetric(options.name);
    if (known instanceof Counter) return known;
    const { collect } = options;
    return new Counter({
      ...this.configuration(options),
      ...(collect !== undefined && {
        collect(this: Counter<Label>) {
          collect(this);
        },
      }),
    });
  }

  gauge<Label extends string = never>(
    options: MetricOptions<Label> & { readonly collect?: (gauge: Gauge<Label>) => void | Promise<void> },
  ): Gauge<Label> {
    const known = this.registry.getSingleMetric(options.name);
    if (known instanceof Gauge) return known;
    const { collect, labels = [] } = options;
    const leaveOut = (gauge: Gauge<Label>) => (labels.length > 0 ? gauge.reset() : gauge.remove());
    const inTime = (asked: Promise<void>, late: () => void) => this.inTime(asked, late);
    return new Gauge({
      ...this.configuration(options),
      ...(collect !== undefined && {
        collect(this: Gauge<Label>) {
          const asked = collect(this);
          return asked instanceof Promise ? inTime(asked, () => leaveOut(this)) : undefined;
        },
      }),
    });
  }

  histogram<Label extends string = never>(
    options: MetricOptions<Label> & { readonly buckets: readonly number[] },
  ): Histogram<Label> {
    const known = this.registry.getSingleMetric(options.name);
    if (known instanceof Histogram) return known;
    return new Histogram({ ...this.configuration(options), buckets: [...options.buckets] });
  }

  async total(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const metric = this.registry.getSingleMetric(name);
    if (!(metric instanceof Counter || metric instanceof Gauge)) return undefined;
    const { values } = await metric.get();
    const wanted = Object.entries(labels);
    return values
      .filter((sample) => wanted.every(([label, value]) => Reflect.get(sample.labels, label) === value))
      .reduce((sum, sample) => sum + sample.value, 0);
  }

  async exposition(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  private async inTime(asked: Promise<void>, late: () => void): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        late();
        resolve();
      }, this.collectTimeoutMs);
    });
    try {
      await Promise.race([asked, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  private configuration<Label extends string>(options: MetricOptions<Label>): MetricConfiguration<Label> {
    return {
      name: options.name,
      help: options.help,
      labelNames: [...(options.labels ?? [])],
      registers: [this.registry],
    };
  }
}
