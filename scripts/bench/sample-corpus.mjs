// The benchmark's own samples: one value of every series, again and again.
import { SERVICES } from './corpus.mjs';

const METRICS = [
  'http_requests',
  'http_latency_ms',
  'queue_depth',
  'heap_bytes',
  'cpu_percent',
  'db_connections',
  'cache_hits',
  'errors',
];
const HOSTS = 4;

/** `count` samples over 32 services × 8 metrics × 4 hosts, `stepMs` apart in each series, in order of time. */
export function* makeSamples({ count, seed, fromMs, stepMs }) {
  const perStep = SERVICES.length * METRICS.length * HOSTS;
  for (let index = 0; index < count; index++) {
    const place = index % perStep;
    const step = Math.floor(index / perStep);
    yield {
      metric_name: METRICS[place % METRICS.length],
      service_name: SERVICES[Math.floor(place / METRICS.length) % SERVICES.length],
      timestamp: new Date(fromMs + step * stepMs).toISOString(),
      metric_value: Math.round(1000 * (50 + 40 * Math.sin((step + place + seed) / 10))) / 1000,
      tags: { host: `node-${Math.floor(place / (METRICS.length * SERVICES.length))}` },
    };
  }
}

/** The same as bodies of POST /api/ingest/metrics, in NDJSON. */
export function* makeBodies({ batch, ...options }) {
  let lines = [];
  for (const sample of makeSamples(options)) {
    lines.push(JSON.stringify(sample));
    if (lines.length === batch) {
      yield Buffer.from(`${lines.join('\n')}\n`);
      lines = [];
    }
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}
