/**
 * What a metric says about its service. Latency and errors may be a callee's fault, traffic a caller's; a resource is the service's own.
 */
export type SignalClass = 'latency' | 'errors' | 'traffic' | 'resource' | 'other';

/** First match wins. Words as they are usual in Prometheus, OpenTelemetry and cloud vendors' metric names. */
const CLASSES: readonly (readonly [RegExp, SignalClass])[] = [
  [
    /(^|[^a-z])(cpu|mem|memory|heap|gc|rss|disk|fs|volume|inode|fd|thread|goroutine|connection|conn|pool|socket|throttl|restart|oom)/,
    'resource',
  ],
  [/(error|fail|fault|exception|reject|denied|timeout|5xx|4xx|retries|success|availability)/, 'errors'],
  [
    /(latency|duration|response_?time|elapsed|(^|[^a-z])(p|lat_?)\d{2,3}($|[^0-9])|_seconds|_ms($|_))/,
    'latency',
  ],
  [/(queue|backlog|(^|[^a-z])(lag|depth|pending|utili[sz]ation|saturation|usage|load))/, 'resource'],
  [
    /(request|throughput|traffic|(^|[^a-z])(rps|qps|ops|rate|count|calls|hits|orders|messages|bytes))/,
    'traffic',
  ],
];

export function classifyMetric(metricName: string): SignalClass {
  const name = metricName.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return CLASSES.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}

/** A log message about something that the service itself has run out of. */
const OWN_RESOURCE =
  /(pool|acquir\w* (a )?connection|too many (open|connections)|disk|no space|out of memory|\b(oom|heap)|file descriptor|deadlock|quota)/i;

export function classifyMessage(text: string): SignalClass {
  return OWN_RESOURCE.test(text) ? 'resource' : 'errors';
}

/** A share of requests that went well, whose complement is the share of failures. */
export function isSuccessShare(metricName: string): boolean {
  return /(availability|success(ful)?_?(rate|ratio|pct|percent|share))/i.test(metricName);
}

/** A metric of the machine, which all services on it share (the prefixes of node_exporter and of cloud agents). */
export function isHostMetric(metricName: string): boolean {
  return /^(node|host|machine|instance)[_.]/i.test(metricName);
}
