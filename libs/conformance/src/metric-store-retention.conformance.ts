import { newScope } from '../../../test/support/new-scope';
import { encodeMetricBatch } from '../../contracts/src/metric-batch.message';
import type { ProjectId } from '../../core/src/common/ids';
import { toIso } from '../../core/src/common/time-range';
import type { MetricStore } from '../../core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import { DAY_MS, GivenDays, writeUntilTaken } from './given-days.conformance';

const HOUR_MS = 3_600_000;
const givenDays = new GivenDays();
const startOf = (day: number) => givenDays.startOf(day);

/** Deleting samples by age: single ones, and whole days. */
export function metricStoreRetentionConformance(
  start: () => Promise<{ readonly store: MetricStore; end(): Promise<void> }>,
): void {
  let engine: Awaited<ReturnType<typeof start>>;
  let store: MetricStore;
  let mine: ProjectScope;
  let theirs: ProjectScope;

  beforeAll(async () => {
    engine = await start();
    store = engine.store;
  });
  beforeEach(async () => {
    givenDays.next();
    mine = newScope();
    theirs = newScope();
    await store.ensurePartitions(startOf(1));
  });
  afterAll(() => engine.end());

  const batchOf = (scope: ProjectScope, atMs: readonly number[], host = 'a') =>
    encodeMetricBatch(
      atMs.map((one) => ({
        projectId: scope.projectId,
        metricName: 'latency_ms',
        serviceName: 'api',
        tags: { host },
        timestamp: toIso(one),
        value: 1,
      })),
    );
  const put = async (scope: ProjectScope, atMs: readonly number[], host = 'a') => {
    const outcome = await store.write(scope, batchOf(scope, atMs, host));
    expect(outcome).toEqual({ written: atMs.length, duplicates: 0, rejected: [] });
  };
  /** Counts by bucket, as day and hour. */
  const counts = async (scope: ProjectScope, bucketSeconds = 86_400) => {
    const { lines } = await store.query(scope, {
      metricName: 'latency_ms',
      range: { fromMs: startOf(-2) + HOUR_MS / 2, toMs: startOf(12) },
      bucketSeconds,
      aggregation: 'count',
      groupBy: 'all',
      limit: 10,
    });
    return (lines[0]?.points ?? []).map(({ atMs, value }) => [(atMs - startOf(0)) / DAY_MS, value]);
  };

  it('knows the oldest sample of a project, and whether it is older than an instant', async () => {
    expect(await store.oldest(mine)).toBeUndefined();
    await put(mine, [startOf(1) + 5, startOf(2)]);
    // Of series that are neither the first nor the last.
    await put(theirs, [startOf(-9), startOf(0)]);
    await put(mine, [startOf(0) + 123], 'b');
    await put(theirs, [startOf(-9)], 'b');
    const oldestMs = startOf(0) + 123;
    expect(await store.oldest(mine)).toBe(oldestMs);
    for (const beforeMs of [oldestMs + 1, startOf(2)])
      expect(await store.oldest(mine, beforeMs)).toBe(oldestMs);
    for (const beforeMs of [oldestMs, startOf(0), startOf(-1)])
      expect(await store.oldest(mine, beforeMs)).toBeUndefined();
  });

  it('asks after each portion whether to go on, and goes on where it broke off', async () => {
    await put(mine, [startOf(0), startOf(0) + 1, startOf(1) - 1, startOf(1) + HOUR_MS, startOf(2)]);
    await put(mine, [startOf(-9), startOf(1)], 'b');
    await put(theirs, [startOf(0)]);
    const portions: number[] = [];
    const stop = (deleted: number) => {
      portions.push(deleted);
      return Promise.resolve(false);
    };
    const beforeMs = startOf(1) + HOUR_MS;
    const first = await store.deleteBefore(mine, beforeMs, stop);
    const rest = await store.deleteBefore(mine, beforeMs);
    expect(first + rest).toBe(5);
    expect(portions).toEqual([first]);
    expect(await counts(mine)).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(await counts(theirs)).toEqual([[0, 1]]);
    expect(await store.oldest(mine)).toBe(beforeMs);
  });

  it('drops the days that have aged for all who have samples in them, and answers right at the edge', async () => {
    await put(
      mine,
      [0, 1, 2].flatMap((day) => [startOf(day), startOf(day) + 12 * HOUR_MS, startOf(day + 1) - 1]),
    );
    await put(theirs, [startOf(0)]);
    expect(await store.dropDays(givenDays.limits())).toEqual([]);
    await store.dropDays(givenDays.limits([mine, 0]));
    expect(await counts(mine)).toHaveLength(3);

    const dropped = await store.dropDays(givenDays.limits([mine, 2]));
    expect(dropped.map(({ endMs }) => endMs)).toContain(startOf(2));
    expect(await counts(mine)).toEqual([
      [0, 3],
      [2, 3],
    ]);
    expect(await counts(theirs)).toEqual([[0, 1]]);
    await store.dropDays(givenDays.limits([mine, 2], [theirs, 1]));
    expect(await counts(theirs)).toEqual([]);
    expect(await counts(mine, 3600)).toEqual([
      [2, 1],
      [2.5, 1],
      [2 + 23 / 24, 1],
    ]);
    expect(await store.oldest(mine)).toBe(startOf(2));
    expect(await store.deleteBefore(mine, startOf(2))).toBe(0);
  });

  it('keeps what comes late for a day that was dropped, once, until it is deleted in turn', async () => {
    await put(mine, [startOf(1)]);
    await store.dropDays(givenDays.limits([mine, 2]));
    await put(mine, [startOf(1) + 7]);
    const again = await store.write(mine, batchOf(mine, [startOf(1) + 7]));
    expect(again).toEqual({ written: 0, duplicates: 1, rejected: [] });
    expect(await counts(mine)).toEqual([[1, 1]]);
    await store.ensurePartitions(startOf(1));
    expect(await counts(mine)).toEqual([[1, 1]]);
    await store.dropDays(givenDays.limits([mine, 2]));
    await store.deleteBefore(mine, startOf(2));
    expect(await counts(mine)).toEqual([]);
  });

  it('drops no day of a project that has meanwhile decided to keep it', async () => {
    await put(mine, [startOf(1)]);
    const answers = [await givenDays.limits([mine, 2])()];
    const readLimits = () => Promise.resolve(answers.pop() ?? new Map<ProjectId, number>());
    expect(await store.dropDays(readLimits)).toEqual([]);
    expect(await counts(mine)).toEqual([[1, 1]]);
  });

  it('loses no sample of others and fails no reader, however they write and read meanwhile', async () => {
    let isWriting = true;
    const reader = (async () => {
      for (let reads = 0; isWriting || reads === 0; reads++) await counts(theirs);
    })();
    const dropper = (async () => {
      for (let drops = 0; isWriting || drops === 0; drops++) {
        await writeUntilTaken(() => store.write(mine, batchOf(mine, [startOf(0) + drops])));
        await store.dropDays(givenDays.limits([mine, 2]));
        await store.ensurePartitions(startOf(1));
      }
    })();
    for (let index = 0; index < 30; index++)
      await writeUntilTaken(() => store.write(theirs, batchOf(theirs, [startOf(index % 2) + index])));
    isWriting = false;
    await Promise.all([reader, dropper]);
    expect(await counts(theirs)).toEqual([
      [0, 15],
      [1, 15],
    ]);
  });
}
