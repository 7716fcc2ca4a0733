import type { Aggregation, MetricQuery, WindowRequest } from '../../core/src/metrics/metric-query';
import { HOUR, type MetricStoreEngine, MetricStoreSubject, NOON } from './given-samples.conformance';

/** Questions about buckets, series and windows. */
export function metricStoreQueryConformance(start: () => Promise<MetricStoreEngine>): void {
  let engine: MetricStoreEngine;
  let subject: MetricStoreSubject;

  beforeAll(async () => {
    engine = await start();
  });
  beforeEach(() => {
    subject = new MetricStoreSubject(engine.store);
  });
  afterAll(() => engine.end());

  describe('query', () => {
    const VALUES = [4, 1, 3, 2, 10];

    it.each<[Aggregation, number]>([
      ['avg', 4],
      ['sum', 20],
      ['min', 1],
      ['max', 10],
      ['count', 5],
      ['last', 10],
      ['p50', 3],
      ['p90', 7.6],
      ['p95', 8.8],
      ['p99', 9.76],
    ])('aggregates a bucket by %s', async (aggregation, expected) => {
      await subject.put(VALUES.map((value, index) => ({ at: index, value })));
      const [[point] = []] = await subject.pointsOf({ aggregation });
      expect(point?.[0]).toBe(0);
      expect(point?.[1]).toBeCloseTo(expected, 9);
    });

    it.each<[string, number, number, number, number]>([
      ['the largest value', 14_000, 0, 1e150, 1e150 / 14_001],
      ['the least value', 1, 0, 5e-324, 0],
      ['least values', 2, -5e-324, -5e-324, -5e-324],
    ])('averages %s among others', async (_case, count, others, value, expected) => {
      const samples = Array.from({ length: count }, (_, index) => ({ at: index / 1000, value: others }));
      await subject.put([...samples, { at: 59, value }]);
      const points = [[0, expected]];
      expect(await subject.pointsOf({ groupBy: 'all' })).toEqual([points]);
      const [swept] = await subject.store.sweep(subject.mine, HOUR, 60, 1);
      expect(swept?.points).toEqual([{ atMs: NOON, value: expected }]);
      const asked = { key: 'k', metricName: 'latency_ms', range: HOUR, groupByService: false } as const;
      expect(
        await subject.store.aggregateWindows(subject.mine, [
          { ...asked, aggregation: 'avg' },
          { ...asked, aggregation: 'max' },
        ]),
      ).toMatchObject([{ value: expected }, { value: Math.max(others, value) }]);
    });

    it('gives the greatest of several series’ last values of one instant, whichever came first', async () => {
      const LATER = 60;
      await subject.put([
        { at: 0, value: 3, tags: { host: 'a' } },
        { at: 0, value: 1, tags: { host: 'b' } },
        { at: LATER, value: 1, tags: { host: 'a' } },
        { at: LATER, value: 3, tags: { host: 'b' } },
      ]);
      expect(await subject.pointsOf({ aggregation: 'last', groupBy: 'all' })).toEqual([
        [
          [0, 3],
          [LATER, 3],
        ],
      ]);
      const windows = [0, LATER].map((at): WindowRequest => ({
        key: `${at}`,
        metricName: 'latency_ms',
        aggregation: 'last',
        range: { fromMs: NOON, toMs: NOON + (at + 1) * 1000 },
        groupByService: false,
      }));
      expect(await subject.store.aggregateWindows(subject.mine, windows)).toMatchObject([
        { value: 3 },
        { value: 3 },
      ]);
    });

    it('aligns buckets to 1970, leaves empty ones out, and takes the beginning of a range and not its end', async () => {
      await subject.put([
        { at: 29, value: 100 },
        { at: 30, value: 1 },
        { at: 59, value: 3 },
        { at: 180, value: 7 },
        { at: 239.999, value: 9 },
        { at: 240, value: 100 },
      ]);
      const range = { fromMs: NOON + 30_000, toMs: NOON + 240_000 };
      expect(await subject.pointsOf({ range })).toEqual([
        [
          [0, 2],
          [180, 8],
        ],
      ]);
      expect(await subject.pointsOf({ range, bucketSeconds: 7 * 86_400, aggregation: 'count' })).toEqual([
        [[(Date.parse('2026-03-05T00:00:00Z') - NOON) / 1000, 4]],
      ]);
      expect(await subject.ask({ range: { fromMs: NOON + 61_000, toMs: NOON + 120_000 } })).toEqual({
        lines: [],
        totalLines: 0,
      });
    });

    it('groups by series, by service or not at all, and filters by service and tags', async () => {
      await subject.put([
        { at: 0, value: 1, service: 'api', tags: { host: 'a' } },
        { at: 0, value: 3, service: 'api', tags: { host: 'b' } },
        { at: 0, value: 8, service: 'web', tags: { host: 'a' } },
        { at: 0, value: 99, metric: 'other' },
      ]);
      const lines = async (query: Partial<MetricQuery>) =>
        (await subject.ask(query)).lines.map((line) => [line.serviceName, line.tags, line.points[0]?.value]);
      expect(await lines({ groupBy: 'series' })).toEqual([
        ['api', { host: 'a' }, 1],
        ['api', { host: 'b' }, 3],
        ['web', { host: 'a' }, 8],
      ]);
      expect(await lines({ groupBy: 'service' })).toEqual([
        ['api', {}, 2],
        ['web', {}, 8],
      ]);
      expect(await lines({ groupBy: 'all' })).toEqual([['', {}, 4]]);
      expect(await lines({ groupBy: 'all', serviceName: 'api' })).toEqual([['api', {}, 2]]);
      expect(await lines({ groupBy: 'service', tags: { host: 'a' } })).toEqual([
        ['api', { host: 'a' }, 1],
        ['web', { host: 'a' }, 8],
      ]);
      expect(await lines({ metricName: 'absent' })).toEqual([]);
      expect(await lines({ metricName: 'a\0b' })).toEqual([]);
    });

    it('cuts at the limit and tells how many lines there are', async () => {
      await subject.put(
        Array.from({ length: 5 }, (_, index) => ({ at: 0, value: 1, tags: { n: `${index}` } })),
      );
      const answer = await subject.ask({ limit: 2 });
      expect(answer.lines).toHaveLength(2);
      expect(answer.totalLines).toBe(5);
    });
  });

  it('sweeps over every series that has samples in the range', async () => {
    await subject.put([
      { at: 0, value: 1 },
      { at: 1, value: 3 },
      { at: 120, value: 5 },
      { at: 60, value: 7, metric: 'cpu', service: 'web', tags: { host: 'a' } },
      { at: 9999, value: 9, metric: 'outside' },
    ]);
    const point = (at: number, value: number) => ({ atMs: NOON + at * 1000, value });
    expect(await subject.store.sweep(subject.mine, HOUR, 60, 10)).toEqual([
      { metricName: 'cpu', serviceName: 'web', tags: { host: 'a' }, points: [point(60, 7)] },
      { metricName: 'latency_ms', serviceName: 'api', tags: {}, points: [point(0, 2), point(120, 5)] },
    ]);
    expect(await subject.store.sweep(subject.mine, HOUR, 60, 1)).toHaveLength(1);
  });

  it('answers many windows at once, each by its own question', async () => {
    await subject.put([
      { at: 0, value: 1, service: 'api', tags: { host: 'a' } },
      { at: 30, value: 3, service: 'api', tags: { host: 'b' } },
      { at: 59.999, value: 8, service: 'web', tags: { host: 'a' } },
      { at: 60, value: 100, service: 'web' },
    ]);
    const minute = { fromMs: NOON, toMs: NOON + 60_000 };
    const request = (key: string, more: Partial<WindowRequest>): WindowRequest => ({
      key,
      metricName: 'latency_ms',
      aggregation: 'avg',
      range: minute,
      groupByService: false,
      ...more,
    });
    const aggregations: readonly Aggregation[] = ['avg', 'sum', 'min', 'max', 'count', 'last', 'p50', 'p99'];
    const answers = await subject.store.aggregateWindows(subject.mine, [
      ...aggregations.map((aggregation) => request(aggregation, { aggregation })),
      request('again', {}),
      request('by service', { groupByService: true, aggregation: 'max' }),
      request('last by service', { groupByService: true, aggregation: 'last' }),
      request('p50 by service', { groupByService: true, aggregation: 'p50' }),
      request('api', { serviceName: 'api' }),
      request('host a', { tags: { host: 'a' }, aggregation: 'sum' }),
      request('later', { range: { fromMs: NOON + 60_000, toMs: NOON + 120_000 } }),
      request('nothing', { metricName: 'absent' }),
      request('empty window', { range: { fromMs: NOON + 120_000, toMs: NOON + 180_000 } }),
    ]);
    const of = (key: string) =>
      answers
        .filter((answer) => answer.key === key)
        .map(({ serviceName, value }) => [serviceName, value])
        .sort();
    expect(of('avg')).toEqual([[undefined, 4]]);
    expect(of('again')).toEqual(of('avg'));
    expect(of('sum')).toEqual([[undefined, 12]]);
    expect(of('min')).toEqual([[undefined, 1]]);
    expect(of('max')).toEqual([[undefined, 8]]);
    expect(of('count')).toEqual([[undefined, 3]]);
    expect(of('last')).toEqual([[undefined, 8]]);
    expect(of('p50')).toEqual([[undefined, 3]]);
    expect(of('p99')[0]?.[1]).toBeCloseTo(7.9, 9);
    expect(of('by service')).toEqual([
      ['api', 3],
      ['web', 8],
    ]);
    expect(of('last by service')).toEqual([
      ['api', 3],
      ['web', 8],
    ]);
    expect(of('p50 by service')).toEqual([
      ['api', 2],
      ['web', 8],
    ]);
    expect(of('api')).toEqual([[undefined, 2]]);
    expect(of('host a')).toEqual([[undefined, 9]]);
    expect(of('later')).toEqual([[undefined, 100]]);
    expect(of('nothing')).toEqual([]);
    expect(of('empty window')).toEqual([]);
    expect(await subject.store.aggregateWindows(subject.mine, [])).toEqual([]);
  });
}
