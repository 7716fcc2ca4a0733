import { randomUUID } from 'node:crypto';
import { encodeMetricBatch } from '../../contracts/src/metric-batch.message';
import { encodeLines, joinBatches } from '../../contracts/src/ndjson';
import { asId, type ProjectId } from '../../core/src/common/ids';
import { toIso } from '../../core/src/common/time-range';
import type { Aggregation, MetricQuery, WindowRequest } from '../../core/src/metrics/metric-query';
import type { MetricStore } from '../../core/src/metrics/metric-store.port';
import type { Sample, Tags } from '../../core/src/metrics/sample';
import { type ProjectScope, scopeOfProject } from '../../core/src/projects/project-scope';
import { metricStoreRetentionConformance } from './metric-store-retention.conformance';

interface GivenSample {
  readonly metric?: string;
  readonly service?: string;
  readonly tags?: Tags;
  /** Seconds from NOON. */
  readonly at: number;
  readonly value: number;
}

const NOON = Date.parse('2026-03-10T12:00:00Z');
const HOUR = { fromMs: NOON, toMs: NOON + 3_600_000 };

function sampleOf(scope: ProjectScope, given: GivenSample): Sample {
  return {
    projectId: scope.projectId,
    metricName: given.metric ?? 'latency_ms',
    serviceName: given.service ?? 'api',
    tags: given.tags ?? {},
    timestamp: toIso(NOON + given.at * 1000),
    value: given.value,
  };
}

/** What every MetricStore promises. */
export function metricStoreConformance(
  name: string,
  start: () => Promise<{ readonly store: MetricStore; end(): Promise<void> }>,
): void {
  describe(`MetricStore on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let store: MetricStore;
    let mine: ProjectScope;
    let theirs: ProjectScope;

    beforeAll(async () => {
      engine = await start();
      store = engine.store;
    });
    beforeEach(() => {
      mine = scopeOfProject(asId<ProjectId>(randomUUID()));
      theirs = scopeOfProject(asId<ProjectId>(randomUUID()));
    });
    afterAll(() => engine.end());

    const put = async (given: readonly GivenSample[], scope = mine): Promise<void> => {
      const outcome = await store.write(scope, encodeMetricBatch(given.map((one) => sampleOf(scope, one))));
      expect(outcome).toEqual({ written: given.length, duplicates: 0, rejected: [] });
    };
    const ask = (query: Partial<MetricQuery>, scope = mine) =>
      store.query(scope, {
        metricName: 'latency_ms',
        range: HOUR,
        bucketSeconds: 60,
        aggregation: 'avg',
        groupBy: 'series',
        limit: 100,
        ...query,
      });
    const pointsOf = async (query: Partial<MetricQuery>) =>
      (await ask(query)).lines.map(({ points }) =>
        points.map(({ atMs, value }) => [(atMs - NOON) / 1000, value]),
      );

    describe('write', () => {
      it('changes nothing when samples come again, whatever their value and the order of their tags', async () => {
        const tags = { a: '1', b: '2' };
        await put([{ at: 0, value: 5, tags }]);
        const again = { at: 0, value: 9, tags: { b: '2', a: '1' } };
        const batch = encodeMetricBatch([sampleOf(mine, again), sampleOf(mine, { ...again, at: 1 })]);
        expect(await store.write(mine, batch)).toEqual({ written: 1, duplicates: 1, rejected: [] });
        expect(await pointsOf({ aggregation: 'sum' })).toEqual([[[0, 14]]]);
      });

      it('tells what is new from what was there already, batch after batch', async () => {
        const batchOf = (from: number, count: number) =>
          encodeMetricBatch(
            Array.from({ length: count }, (_, index) => sampleOf(mine, { at: from + index, value: 1 })),
          );
        expect(await store.write(mine, batchOf(0, 3))).toEqual({ written: 3, duplicates: 0, rejected: [] });
        for (let batch = 1; batch <= 30; batch++) {
          // Some begin with the last one's end, most do not.
          const overlap = batch % 12 === 1 ? 1 : 0;
          const outcome = await store.write(mine, batchOf(3 * batch - overlap, 3 + overlap));
          expect(outcome).toEqual({ written: 3, duplicates: overlap, rejected: [] });
        }
        const twice = joinBatches([batchOf(1000, 2), batchOf(1001, 2)]);
        expect(await store.write(mine, twice)).toEqual({ written: 3, duplicates: 1, rejected: [] });
        expect(await pointsOf({ aggregation: 'sum', bucketSeconds: 3600 })).toEqual([[[0, 96]]]);
      });

      it('keeps racing writers of the same samples, in whatever order, to one sample each', async () => {
        const given = Array.from({ length: 300 }, (_, index) => ({
          at: index % 60,
          value: 1,
          tags: { n: `${index % 5}` },
        }));
        const lines = given.map((one) => sampleOf(mine, one));
        for (let round = 0; round < 3; round++) {
          const shifted = lines.map((line, index) => lines[(index + 97 * round) % lines.length] ?? line);
          const outcomes = await Promise.all(
            [shifted, [...shifted].reverse(), lines].map((some) =>
              store.write(mine, encodeMetricBatch(some)),
            ),
          );
          const written = outcomes.reduce((sum, outcome) => sum + outcome.written, 0);
          expect(written).toBe(round === 0 ? 60 : 0);
        }
      });

      it('rejects bad lines by index with a reason, and writes their neighbours', async () => {
        const good = (at: number) => encodeMetricBatch([sampleOf(mine, { at, value: 1 })]);
        const line = (change: object) =>
          encodeLines([{ ...JSON.parse(new TextDecoder().decode(good(50).ndjson)), ...change }]);
        const tooLong = { tags: { long: randomLetters(20_000) } };
        const batch = joinBatches([
          { ndjson: new TextEncoder().encode('{"broken\n'), recordCount: 1 },
          good(0),
          line({ metric_value: null }),
          line({ timestamp: 'yesterday' }),
          line({ tags: { nested: {} } }),
          good(1),
          line(tooLong),
          line({ metric_name: 7 }),
          line({ timestamp: toIso(NOON + 2000), metric_value: 1.7e308 }),
        ]);
        const outcome = await store.write(mine, batch);
        const indices = outcome.rejected.map(({ index }) => index);
        expect(indices).toEqual(expect.arrayContaining([0, 2, 3, 4, 7]));
        expect(outcome.written + outcome.rejected.length).toBe(9);
        for (const { reason } of outcome.rejected) expect(reason).not.toBe('');
        expect((await pointsOf({ aggregation: 'min', tags: {} }))[0]).toEqual([[0, 1]]);
        // Whatever an engine takes, it can also add up and average.
        for (const aggregation of ['sum', 'avg'] as const) await ask({ aggregation, groupBy: 'all' });
      });

      it('keeps racing writers of new series to one series each', async () => {
        const given = Array.from({ length: 50 }, (_, index) => ({
          at: 0,
          value: 1,
          tags: { n: `${index}` },
        }));
        const batch = encodeMetricBatch(given.map((one) => sampleOf(mine, one)));
        const outcomes = await Promise.all(Array.from({ length: 4 }, () => store.write(mine, batch)));
        expect(outcomes.reduce((sum, { written }) => sum + written, 0)).toBe(50);
        expect((await store.listSeries(mine, {}, { limit: 1 })).total).toBe(50);
      });

      it('keeps old samples, and values at the ends of their range', async () => {
        const at = (Date.parse('2005-06-03T12:00:00.123Z') - NOON) / 1000;
        await put([
          { at, value: -1.5e-300 },
          { at: 0, value: -1e150 },
          { at: 60, value: 0.1 + 0.2 },
        ]);
        const everything = { fromMs: -8.64e15, toMs: 8.64e15 };
        const [line] = (await ask({ range: everything, aggregation: 'max', bucketSeconds: 60 })).lines;
        expect(line?.points.map(({ value }) => value)).toEqual([-1.5e-300, -1e150, 0.1 + 0.2]);
        expect(line?.points[0]?.atMs).toBe(Date.parse('2005-06-03T12:00:00Z'));
      });

      it('takes an empty batch for what it is', async () => {
        expect(await store.write(mine, encodeMetricBatch([]))).toEqual({
          written: 0,
          duplicates: 0,
          rejected: [],
        });
      });
    });

    it('shows no method another project’s samples', async () => {
      await put([{ at: 0, value: 1 }]);
      expect(await ask({}, theirs)).toEqual({ lines: [], totalLines: 0 });
      expect(await store.listSeries(theirs, {}, { limit: 10 })).toEqual({ items: [], total: 0 });
      expect(await store.sweep(theirs, HOUR, 60, 10)).toEqual([]);
      const request: WindowRequest = {
        key: 'k',
        metricName: 'latency_ms',
        aggregation: 'avg',
        range: HOUR,
        groupByService: false,
      };
      expect(await store.aggregateWindows(theirs, [request])).toEqual([]);
      expect(await store.deleteBefore(theirs, HOUR.toMs)).toBe(0);
      await put([{ at: 0, value: 2 }], theirs);
      expect(await pointsOf({})).toEqual([[[0, 1]]]);
    });

    describe('listSeries', () => {
      it('pages through the series that match, each once', async () => {
        await put([
          ...Array.from({ length: 7 }, (_, index) => ({
            at: 0,
            value: 1,
            tags: { host: `h${index}`, zone: 'a' },
          })),
          { at: 0, value: 1, service: 'web', tags: { zone: 'a' } },
          { at: 0, value: 1, metric: 'cpu', service: '' },
        ]);
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.listSeries(
            mine,
            {},
            { limit: 2, ...(cursor !== undefined && { cursor }) },
          );
          expect(page.total).toBe(9);
          seen.push(...page.items.map((series) => JSON.stringify(series)));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        expect(new Set(seen).size).toBe(9);
        const matching = await store.listSeries(
          mine,
          { metricName: 'latency_ms', serviceName: 'api', tags: { zone: 'a', host: 'h3' } },
          { limit: 10 },
        );
        expect(matching).toEqual({
          items: [{ metricName: 'latency_ms', serviceName: 'api', tags: { host: 'h3', zone: 'a' } }],
          total: 1,
        });
        const wrongCursor = store.listSeries(mine, {}, { limit: 1, cursor: 'nonsense' });
        await expect(wrongCursor).rejects.toMatchObject({ kind: 'invalid' });
      });
    });

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
        await put(VALUES.map((value, index) => ({ at: index, value })));
        const [[point] = []] = await pointsOf({ aggregation });
        expect(point?.[0]).toBe(0);
        expect(point?.[1]).toBeCloseTo(expected, 9);
      });

      it('aligns buckets to 1970, leaves empty ones out, and takes the beginning of a range and not its end', async () => {
        await put([
          { at: 29, value: 100 },
          { at: 30, value: 1 },
          { at: 59, value: 3 },
          { at: 180, value: 7 },
          { at: 239.999, value: 9 },
          { at: 240, value: 100 },
        ]);
        const range = { fromMs: NOON + 30_000, toMs: NOON + 240_000 };
        expect(await pointsOf({ range })).toEqual([
          [
            [0, 2],
            [180, 8],
          ],
        ]);
        expect(await pointsOf({ range, bucketSeconds: 7 * 86_400, aggregation: 'count' })).toEqual([
          [[(Date.parse('2026-03-05T00:00:00Z') - NOON) / 1000, 4]],
        ]);
        expect(await ask({ range: { fromMs: NOON + 61_000, toMs: NOON + 120_000 } })).toEqual({
          lines: [],
          totalLines: 0,
        });
      });

      it('groups by series, by service or not at all, and filters by service and tags', async () => {
        await put([
          { at: 0, value: 1, service: 'api', tags: { host: 'a' } },
          { at: 0, value: 3, service: 'api', tags: { host: 'b' } },
          { at: 0, value: 8, service: 'web', tags: { host: 'a' } },
          { at: 0, value: 99, metric: 'other' },
        ]);
        const lines = async (query: Partial<MetricQuery>) =>
          (await ask(query)).lines.map((line) => [line.serviceName, line.tags, line.points[0]?.value]);
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
        await put(Array.from({ length: 5 }, (_, index) => ({ at: 0, value: 1, tags: { n: `${index}` } })));
        const answer = await ask({ limit: 2 });
        expect(answer.lines).toHaveLength(2);
        expect(answer.totalLines).toBe(5);
      });
    });

    it('sweeps over every series that has samples in the range', async () => {
      await put([
        { at: 0, value: 1 },
        { at: 1, value: 3 },
        { at: 120, value: 5 },
        { at: 60, value: 7, metric: 'cpu', service: 'web', tags: { host: 'a' } },
        { at: 9999, value: 9, metric: 'outside' },
      ]);
      const point = (at: number, value: number) => ({ atMs: NOON + at * 1000, value });
      expect(await store.sweep(mine, HOUR, 60, 10)).toEqual([
        { metricName: 'cpu', serviceName: 'web', tags: { host: 'a' }, points: [point(60, 7)] },
        { metricName: 'latency_ms', serviceName: 'api', tags: {}, points: [point(0, 2), point(120, 5)] },
      ]);
      expect(await store.sweep(mine, HOUR, 60, 1)).toHaveLength(1);
    });

    it('answers many windows at once, each by its own question', async () => {
      await put([
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
      const aggregations: readonly Aggregation[] = [
        'avg',
        'sum',
        'min',
        'max',
        'count',
        'last',
        'p50',
        'p99',
      ];
      const answers = await store.aggregateWindows(mine, [
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
          .map(({ serviceName, value, sampleCount }) => [serviceName, value, sampleCount])
          .sort();
      expect(of('avg')).toEqual([[undefined, 4, 3]]);
      expect(of('again')).toEqual(of('avg'));
      expect(of('sum')).toEqual([[undefined, 12, 3]]);
      expect(of('min')).toEqual([[undefined, 1, 3]]);
      expect(of('max')).toEqual([[undefined, 8, 3]]);
      expect(of('count')).toEqual([[undefined, 3, 3]]);
      expect(of('last')).toEqual([[undefined, 8, 3]]);
      expect(of('p50')).toEqual([[undefined, 3, 3]]);
      expect(of('p99')[0]?.[1]).toBeCloseTo(7.9, 9);
      expect(of('by service')).toEqual([
        ['api', 3, 2],
        ['web', 8, 1],
      ]);
      expect(of('last by service')).toEqual([
        ['api', 3, 2],
        ['web', 8, 1],
      ]);
      expect(of('p50 by service')).toEqual([
        ['api', 2, 2],
        ['web', 8, 1],
      ]);
      expect(of('api')).toEqual([[undefined, 2, 2]]);
      expect(of('host a')).toEqual([[undefined, 9, 2]]);
      expect(of('later')).toEqual([[undefined, 100, 1]]);
      expect(of('nothing')).toEqual([]);
      expect(of('empty window')).toEqual([]);
      expect(await store.aggregateWindows(mine, [])).toEqual([]);
    });

    it('deletes what is older, and only that', async () => {
      await put([
        { at: 0, value: 1 },
        { at: 59.999, value: 2 },
        { at: 60, value: 3 },
      ]);
      expect(await store.deleteBefore(mine, NOON + 60_000)).toBe(2);
      expect(await pointsOf({})).toEqual([[[60, 3]]]);
    });

    describe('deleting by age', () => metricStoreRetentionConformance(start));
  });
}

/** Text that does not compress. */
function randomLetters(length: number): string {
  let text = '';
  while (text.length < length) text += randomUUID();
  return text;
}
