import type { WriteOutcome } from '../../core/src/ingest/write-outcome';
import type { MetricStore } from '../../core/src/metrics/metric-store.port';
import {
  type GivenSample,
  HOUR,
  type MetricStoreEngine,
  MetricStoreSubject,
  NOON,
} from './given-samples.conformance';

const MAX_SERIES = 3;
const ANY_AGE = Number.MAX_SAFE_INTEGER;
/** Seconds before NOON: samples of then are deleted by age, those of NOON are not. */
const AGED = -60;

/** How many series a project may have, and forgetting those that have no sample any more. */
export function metricStoreSeriesConformance(start: () => Promise<MetricStoreEngine>): void {
  let engine: MetricStoreEngine;
  let store: MetricStore;
  let other: MetricStore;
  let subject: MetricStoreSubject;

  beforeAll(async () => {
    engine = await start();
    store = engine.bounded(MAX_SERIES);
    other = engine.bounded(MAX_SERIES);
  });
  beforeEach(() => {
    subject = new MetricStoreSubject(store);
  });
  afterAll(() => engine.end());

  const sample = (host: string, at = 0): GivenSample => ({ at, value: 1, tags: { host } });
  const write = (
    given: readonly GivenSample[],
    scope = subject.mine,
    through = store,
  ): Promise<WriteOutcome> => through.write(scope, subject.batch(given, scope));
  const hosts = async (scope = subject.mine): Promise<readonly (string | undefined)[]> => {
    const { items, total } = await store.listSeries(scope, {}, { limit: 100 });
    expect(total).toBe(items.length);
    return items.map(({ tags }) => tags.host).sort();
  };
  const samplesOf = async (host: string): Promise<number> => {
    const { lines } = await subject.ask({ tags: { host }, aggregation: 'count', bucketSeconds: 3600 });
    return lines[0]?.points[0]?.value ?? 0;
  };
  const age = () => store.deleteBefore(subject.mine, NOON);

  it('rejects samples of new series where the project has as many as it may, and says so; others are stored', async () => {
    await subject.put([sample('a'), sample('b')]);
    const outcome = await write([sample('c'), sample('d'), sample('a', 1), sample('e'), sample('d', 1)]);
    expect(outcome).toMatchObject({ written: 2, duplicates: 0 });
    expect(outcome.rejected.map(({ index }) => index)).toEqual([1, 3, 4]);
    for (const { reason } of outcome.rejected)
      expect(reason).toMatch(/has 3 series already.*METRIC_MAX_SERIES/);
    expect(await hosts()).toEqual(['a', 'b', 'c']);
    expect(await samplesOf('a')).toBe(2);
    // Also by who has never seen any of them, and not of another project.
    expect(await write([sample('b', 1), sample('d')], subject.mine, other)).toMatchObject({ written: 1 });
    expect(await write([sample('d')], subject.theirs)).toEqual({ written: 1, duplicates: 0, rejected: [] });
  });

  it('has room again for as many as were forgotten', async () => {
    await subject.put([sample('a', AGED), sample('b', AGED), sample('c')]);
    await age();
    expect(await write([sample('d')])).toMatchObject({ written: 0, rejected: [{ index: 0 }] });
    expect(await store.forgetSeries(subject.mine, ANY_AGE)).toBe(2);
    const outcome = await write([sample('d'), sample('e'), sample('f')]);
    expect(outcome).toMatchObject({ written: 2, rejected: [{ index: 2 }] });
    expect(await hosts()).toEqual(['c', 'd', 'e']);
  });

  it('forgets no series that has a sample, is newer than the instant, or is of another project', async () => {
    await subject.put([sample('a', AGED), sample('b', AGED), sample('b')]);
    await subject.put([sample('a', AGED)], subject.theirs);
    await age();
    await store.deleteBefore(subject.theirs, NOON);
    expect(await store.forgetSeries(subject.mine, 0)).toBe(0);
    expect(await hosts()).toEqual(['a', 'b']);
    expect(await store.forgetSeries(subject.mine, ANY_AGE)).toBe(1);
    expect(await store.forgetSeries(subject.mine, ANY_AGE)).toBe(0);
    expect(await hosts()).toEqual(['b']);
    expect(await hosts(subject.theirs)).toEqual(['a']);
  });

  it('stores what comes later for a forgotten series, also from a writer who knew it and others before', async () => {
    for (const [at, writer] of [
      [0, store],
      [1, other],
    ] as const) {
      const given = [sample('a', AGED + at), sample('b', at)];
      expect(await write(given, subject.mine, writer)).toMatchObject({ written: 2 });
    }
    await age();
    expect(await store.forgetSeries(subject.mine, ANY_AGE)).toBe(1);
    for (const [at, writer] of [
      [0, other],
      [1, store],
    ] as const)
      expect(await write([sample('a', at)], subject.mine, writer)).toMatchObject({ written: 1 });
    expect(await samplesOf('a')).toBe(2);
    expect(await hosts()).toEqual(['a', 'b']);
  });

  it('asks whether to go on, and goes on where it broke off', async () => {
    await subject.put([sample('a', AGED), sample('b', AGED)]);
    await age();
    const stop = () => Promise.resolve(false);
    const first = await store.forgetSeries(subject.mine, ANY_AGE, stop);
    expect(first + (await store.forgetSeries(subject.mine, ANY_AGE))).toBe(2);
    expect(await hosts()).toEqual([]);
  });

  it('loses no sample of writers who write while series are forgotten', async () => {
    const writers = [engine.store, engine.bounded(1000)];
    for (let round = 0; round < 30; round++) {
      const host = `h${round}`;
      await write([sample(host, AGED)], subject.mine, writers[0]);
      await age();
      const [, ...outcomes] = await Promise.all([
        store.forgetSeries(subject.mine, ANY_AGE),
        ...writers.map((writer, index) => write([sample(host, index)], subject.mine, writer)),
      ]);
      for (const outcome of outcomes) expect(outcome).toEqual({ written: 1, duplicates: 0, rejected: [] });
    }
    const { lines } = await subject.ask({ aggregation: 'count', bucketSeconds: 3600, range: HOUR });
    expect(lines.map(({ points }) => points[0]?.value)).toEqual(Array.from({ length: 30 }, () => 2));
  });
}
