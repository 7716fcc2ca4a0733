import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { encodeMetricBatch } from '../../contracts/src/metric-batch.message';
import { encodeLines, joinBatches } from '../../contracts/src/ndjson';
import type { ProjectId } from '../../core/src/common/ids';
import { toIso } from '../../core/src/common/time-range';
import type { WindowRequest } from '../../core/src/metrics/metric-query';
import type { Sample } from '../../core/src/metrics/sample';
import { toSample } from '../../core/src/metrics/to-sample';
import {
  HOUR,
  type MetricStoreEngine,
  MetricStoreSubject,
  NOON,
  sampleOf,
} from './given-samples.conformance';
import { samplesAtLimits } from './samples-at-limits';

/** Writing samples, listing their series, and keeping those of projects apart. */
export function metricStoreWriteConformance(start: () => Promise<MetricStoreEngine>): void {
  let engine: MetricStoreEngine;
  let subject: MetricStoreSubject;

  beforeAll(async () => {
    engine = await start();
  });
  beforeEach(() => {
    subject = new MetricStoreSubject(engine.store);
  });
  afterAll(() => engine.end());

  describe('write', () => {
    it('changes nothing when samples come again, whatever their value and the order of their tags', async () => {
      const tags = { a: '1', b: '2' };
      await subject.put([{ at: 0, value: 5, tags }]);
      const again = { at: 0, value: 9, tags: { b: '2', a: '1' } };
      const batch = encodeMetricBatch([
        sampleOf(subject.mine, again),
        sampleOf(subject.mine, { ...again, at: 1 }),
      ]);
      expect(await subject.store.write(subject.mine, batch)).toEqual({
        written: 1,
        duplicates: 1,
        rejected: [],
      });
      expect(await subject.pointsOf({ aggregation: 'sum' })).toEqual([[[0, 14]]]);
    });

    it.each([
      [1e-7, 2],
      [2, 1e-7],
    ])('keeps the first of a batch: %p, not %p', async (first, second) => {
      await subject.put([{ at: 60, value: 1 }]);
      const batch = [first, second].map((value) => sampleOf(subject.mine, { at: 0, value }));
      const outcome = await subject.store.write(subject.mine, encodeMetricBatch(batch));
      expect(outcome).toEqual({ written: 1, duplicates: 1, rejected: [] });
      expect((await subject.pointsOf({}))[0]?.[0]).toEqual([0, first]);
    });

    it('tells what is new from what was there already, batch after batch', async () => {
      const batchOf = (from: number, count: number) =>
        encodeMetricBatch(
          Array.from({ length: count }, (_, index) => sampleOf(subject.mine, { at: from + index, value: 1 })),
        );
      expect(await subject.store.write(subject.mine, batchOf(0, 3))).toEqual({
        written: 3,
        duplicates: 0,
        rejected: [],
      });
      for (let batch = 1; batch <= 30; batch++) {
        // Some begin with the last one's end, most do not.
        const overlap = batch % 12 === 1 ? 1 : 0;
        const outcome = await subject.store.write(subject.mine, batchOf(3 * batch - overlap, 3 + overlap));
        expect(outcome).toEqual({ written: 3, duplicates: overlap, rejected: [] });
      }
      const twice = joinBatches([batchOf(1000, 2), batchOf(1001, 2)]);
      expect(await subject.store.write(subject.mine, twice)).toEqual({
        written: 3,
        duplicates: 1,
        rejected: [],
      });
      expect(await subject.pointsOf({ aggregation: 'sum', bucketSeconds: 3600 })).toEqual([[[0, 96]]]);
    });

    it('keeps racing writers of the same samples, in whatever order, to one sample each', async () => {
      const given = Array.from({ length: 300 }, (_, index) => ({
        at: index % 60,
        value: 1,
        tags: { n: `${index % 5}` },
      }));
      const lines = given.map((one) => sampleOf(subject.mine, one));
      for (let round = 0; round < 3; round++) {
        const shifted = lines.map((line, index) => lines[(index + 97 * round) % lines.length] ?? line);
        const outcomes = await Promise.all(
          [shifted, [...shifted].reverse(), lines].map((some) =>
            subject.store.write(subject.mine, encodeMetricBatch(some)),
          ),
        );
        const written = outcomes.reduce((sum, outcome) => sum + outcome.written, 0);
        expect(written).toBe(round === 0 ? 60 : 0);
      }
    });

    it('rejects bad lines by index with a reason, and writes their neighbours', async () => {
      const good = (at: number) => encodeMetricBatch([sampleOf(subject.mine, { at, value: 1 })]);
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
      const outcome = await subject.store.write(subject.mine, batch);
      const indices = outcome.rejected.map(({ index }) => index);
      expect(indices).toEqual(expect.arrayContaining([0, 2, 3, 4, 7]));
      expect(outcome.written + outcome.rejected.length).toBe(9);
      for (const { reason } of outcome.rejected) expect(reason).not.toBe('');
      expect((await subject.pointsOf({ aggregation: 'min', tags: {} }))[0]).toEqual([[0, 1]]);
      // Whatever an engine takes, it can also add up and average.
      for (const aggregation of ['sum', 'avg'] as const) await subject.ask({ aggregation, groupBy: 'all' });
    });

    it('keeps racing writers of new series to one series each', async () => {
      const given = Array.from({ length: 50 }, (_, index) => ({
        at: 0,
        value: 1,
        tags: { n: `${index}` },
      }));
      const batch = encodeMetricBatch(given.map((one) => sampleOf(subject.mine, one)));
      const outcomes = await Promise.all(
        Array.from({ length: 4 }, () => subject.store.write(subject.mine, batch)),
      );
      expect(outcomes.reduce((sum, { written }) => sum + written, 0)).toBe(50);
      expect((await subject.store.listSeries(subject.mine, {}, { limit: 1 })).total).toBe(50);
    });

    it('keeps old samples, and values at the ends of their range', async () => {
      const at = (Date.parse('2005-06-03T12:00:00.123Z') - NOON) / 1000;
      await subject.put([
        { at, value: -1.5e-300 },
        { at: 0, value: -1e150 },
        { at: 60, value: 0.1 + 0.2 },
      ]);
      const everything = { fromMs: -8.64e15, toMs: 8.64e15 };
      const [line] = (await subject.ask({ range: everything, aggregation: 'max', bucketSeconds: 60 })).lines;
      expect(line?.points.map(({ value }) => value)).toEqual([-1.5e-300, -1e150, 0.1 + 0.2]);
      expect(line?.points[0]?.atMs).toBe(Date.parse('2005-06-03T12:00:00Z'));
    });

    it('stores samples of very many days, each once, however often they come', async () => {
      const days = Array.from({ length: 250 }, (_, index) => ({ at: -index * 86_400, value: 1 }));
      await subject.put(days);
      const again = encodeMetricBatch(
        [...days, { at: 1, value: 1 }].map((given) => sampleOf(subject.mine, given)),
      );
      const outcome = await subject.store.write(subject.mine, again);
      expect(outcome).toEqual({ written: 1, duplicates: 250, rejected: [] });
      const everything = { fromMs: -8.64e15, toMs: 8.64e15 };
      const answer = await subject.ask({ range: everything, aggregation: 'count', bucketSeconds: 86_400 });
      expect(answer.lines[0]?.points.map(({ value }) => value)).toEqual([...Array<number>(249).fill(1), 2]);
    });

    it('stores whatever ingest accepts', async () => {
      await fc.assert(
        fc.asyncProperty(samplesAtLimits, async (given) => {
          const records = given.map((sample, index) => recordOf(subject.mine.projectId, sample, index));
          const outcome = await subject.store.write(subject.mine, encodeMetricBatch(records));
          expect(outcome.rejected).toEqual([]);
          expect(outcome.written + outcome.duplicates).toBe(given.length);
        }),
        // To find a smaller sample would take minutes.
        { numRuns: 50, endOnFailure: true },
      );
    });

    it('takes an empty batch for what it is', async () => {
      expect(await subject.store.write(subject.mine, encodeMetricBatch([]))).toEqual({
        written: 0,
        duplicates: 0,
        rejected: [],
      });
    });
  });

  it('shows no method another project’s samples', async () => {
    await subject.put([{ at: 0, value: 1 }]);
    expect(await subject.ask({}, subject.theirs)).toEqual({ lines: [], totalLines: 0 });
    expect(await subject.store.listSeries(subject.theirs, {}, { limit: 10 })).toEqual({
      items: [],
      total: 0,
    });
    expect(await subject.store.sweep(subject.theirs, HOUR, 60, 10)).toEqual([]);
    const request: WindowRequest = {
      key: 'k',
      metricName: 'latency_ms',
      aggregation: 'avg',
      range: HOUR,
      groupByService: false,
    };
    expect(await subject.store.aggregateWindows(subject.theirs, [request])).toEqual([]);
    expect(await subject.store.deleteBefore(subject.theirs, HOUR.toMs)).toBe(0);
    await subject.put([{ at: 0, value: 2 }], subject.theirs);
    expect(await subject.pointsOf({})).toEqual([[[0, 1]]]);
  });

  describe('listSeries', () => {
    it('pages through the series that match, each once', async () => {
      await subject.put([
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
        const page = await subject.store.listSeries(
          subject.mine,
          {},
          { limit: 2, ...(cursor !== undefined && { cursor }) },
        );
        expect(page.total).toBe(9);
        seen.push(...page.items.map((series) => JSON.stringify(series)));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(new Set(seen).size).toBe(9);
      const matching = await subject.store.listSeries(
        subject.mine,
        { metricName: 'latency_ms', serviceName: 'api', tags: { zone: 'a', host: 'h3' } },
        { limit: 10 },
      );
      expect(matching).toEqual({
        items: [{ metricName: 'latency_ms', serviceName: 'api', tags: { host: 'h3', zone: 'a' } }],
        total: 1,
      });
      const wrongCursor = subject.store.listSeries(subject.mine, {}, { limit: 1, cursor: 'nonsense' });
      await expect(wrongCursor).rejects.toMatchObject({ kind: 'invalid' });
    });
  });

  it('deletes what is older, and only that', async () => {
    await subject.put([
      { at: 0, value: 1 },
      { at: 59.999, value: 2 },
      { at: 60, value: 3 },
    ]);
    expect(await subject.store.deleteBefore(subject.mine, NOON + 60_000)).toBe(2);
    expect(await subject.pointsOf({})).toEqual([[[60, 3]]]);
  });
}

/** What ingest makes of a sample that it must accept. */
function recordOf(projectId: ProjectId, sample: object, index: number): Sample {
  const limits = { maxMessageBytes: 1024, maxContextFields: 10, maxFutureMs: 0 };
  const context = { projectId, receivedAtMs: NOON, index, batchHash: '0123456789', limits, source: 'api' };
  const accepted = toSample(sample, context);
  if (!accepted.ok) throw new Error(`${accepted.field} ${accepted.reason}`);
  return accepted.record;
}

/** Text that does not compress. */
function randomLetters(length: number): string {
  let text = '';
  while (text.length < length) text += randomUUID();
  return text;
}
