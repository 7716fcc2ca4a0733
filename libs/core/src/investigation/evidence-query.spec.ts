import { edgesPath, eventsPath, isDataKept, logsPath, metricPath } from './evidence-query';

const range = { fromMs: Date.UTC(2026, 0, 1, 12), toMs: Date.UTC(2026, 0, 1, 12, 5) };
const window = 'start_time=2026-01-01T12%3A00%3A00.000Z&end_time=2026-01-01T12%3A05%3A00.000Z';

describe('the request that shows a piece of evidence', () => {
  it.each([
    [
      logsPath(range, { fingerprint: 'f1', serviceName: 'check out&x=1' }),
      `/api/logs/query?service_name=check%20out%26x%3D1&fingerprint=f1&${window}`,
    ],
    [
      metricPath(range, {
        metricName: 'p95',
        serviceName: '',
        tags: { 'a b': 'c' },
        aggregation: 'avg',
        bucketSeconds: 10,
      }),
      `/api/metrics/query?metric_name=p95&tag.a%20b=c&aggregation=avg&time_bucket=10s&${window}`,
    ],
    [edgesPath(range), `/api/services/edges?${window}`],
    [
      edgesPath(range, { caller: 'web', callee: 'a&b' }),
      `/api/services/edges?caller=web&callee=a%26b&${window}`,
    ],
    [eventsPath(range), `/api/events?${window}`],
    [eventsPath(range, 'half \ud800'), `/api/events?service_name=half%20%EF%BF%BD&${window}`],
  ])('%s', (path, expected) => {
    expect(path).toBe(expected);
    expect(URL.canParse(path, 'http://127.0.0.1')).toBe(true);
  });
});

describe('isDataKept', () => {
  const metric = metricPath(range, { metricName: 'p95', aggregation: 'avg', bucketSeconds: 10 });

  it.each([
    ['log records that are too old', logsPath(range, {}), { logs: range.fromMs + 1 }, false],
    ['log records of which none is too old', logsPath(range, {}), { logs: range.fromMs }, true],
    ['log records where only samples are too old', logsPath(range, {}), { metrics: range.toMs }, true],
    ['log records where all are kept', logsPath(range, {}), {}, true],
    ['edges, which go with log records', edgesPath(range), { logs: range.toMs }, false],
    ['samples that are too old', metric, { metrics: range.toMs }, false],
    ['change events by their own age', eventsPath(range), { logs: range.toMs, metrics: range.toMs }, true],
    ['change events that are too old', eventsPath(range), { changeEvents: range.toMs }, false],
    ['a timeline, which stays', '/api/incidents/1/timeline', { logs: range.toMs }, true],
  ])('tells of %s', (_what, query, since, isKept) => {
    expect(isDataKept(query, since)).toBe(isKept);
  });
});
