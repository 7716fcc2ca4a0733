import { encodeLogBatch } from '../../contracts/src/log-batch.message';
import type { ProjectId } from '../../core/src/common/ids';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import { GivenDays, writeUntilTaken } from './given-days.conformance';
import {
  ALL,
  type GivenRecord,
  type LogStoreEngine,
  startLogStore,
  recordOf,
} from './given-log-records.conformance';

const givenDays = new GivenDays();
const startOf = (day: number) => givenDays.startOf(day);
const at = (day: number, hour = 12) => new Date(startOf(day) + hour * 3_600_000).toISOString();

/** Deleting by age: single records, and whole days. */
export function logStoreRetentionConformance(start: () => Promise<LogStoreEngine>): void {
  const subject = startLogStore(start);

  beforeEach(async () => {
    givenDays.next();
    await subject.store.ensurePartitions(startOf(1));
  });

  /** What search finds, what volume counts and what the levels add up to, which must agree. */
  const messages = async (scope: ProjectScope): Promise<readonly string[]> => {
    const found = await subject.messagesOf({}, scope);
    const filter = { range: { fromMs: startOf(-1), toMs: startOf(5) } };
    const volume = await subject.store.volume(scope, filter, 86_400);
    const levels = await subject.store.countBy(scope, filter, 'level', 10);
    expect(volume.reduce((sum, { count }) => sum + count, 0)).toBe(found.length);
    expect(levels.reduce((sum, { count }) => sum + count, 0)).toBe(found.length);
    return found;
  };

  it('knows the oldest record of a project', async () => {
    expect(await subject.store.oldest(subject.mine)).toBeUndefined();
    await subject.put([{ at: at(2) }, { at: at(0), ns: 789_000n }, { at: at(1) }]);
    await subject.put([{ at: '1999-01-01T00:00:00.000Z' }], subject.theirs);
    expect(await subject.store.oldest(subject.mine)).toBe(Date.parse(at(0)));
    expect(await subject.store.oldest(subject.theirs)).toBe(Date.parse('1999-01-01T00:00:00.000Z'));
  });

  it('asks after each portion whether to go on, and goes on where it broke off', async () => {
    await subject.put([0, 1, 2].map((hour) => ({ at: at(0, hour), message: `${hour}` })));
    await subject.put([{ at: at(0, 1) }], subject.theirs);
    const portions: number[] = [];
    const stop = (deleted: number) => {
      portions.push(deleted);
      return Promise.resolve(false);
    };
    const first = await subject.store.deleteBefore(subject.mine, startOf(0) + 2 * 3_600_000, stop);
    const rest = await subject.store.deleteBefore(subject.mine, startOf(0) + 2 * 3_600_000);
    expect(first + rest).toBe(2);
    expect(portions.reduce((sum, count) => sum + count, 0)).toBe(first);
    expect(await messages(subject.mine)).toEqual(['2']);
    expect(await messages(subject.theirs)).toHaveLength(1);
  });

  it('deletes as many as were counted before an instant, to the nanosecond', async () => {
    const last = new Date(startOf(1) - 1).toISOString();
    await subject.put([
      { at: '1970-01-01T00:00:00.000Z', message: 'first' },
      { at: last, ns: 999_999n, message: 'a nanosecond before', level: 'error' },
      { at: last, ns: 999n, message: 'a millisecond before', index: 1 },
      { at: at(1, 0), message: 'at' },
      { at: at(1, 0), ns: 1n, message: 'a nanosecond after', index: 2 },
    ]);
    const filter = { range: { fromMs: 0, toMs: startOf(1) } };
    const counted = await subject.store.countBy(subject.mine, filter, 'level', 10);
    expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(await subject.store.deleteBefore(subject.mine, startOf(1))).toBe(3);
    expect(await messages(subject.mine)).toEqual(['at', 'a nanosecond after']);
  });

  it('drops the days that have aged for all who have records in them, and no others', async () => {
    const days = [0, 1, 2].map((day) => ({ at: at(day), message: `day ${day}` }));
    await subject.put([...days, { at: at(1, 23), level: 'error', message: 'day 1, late' }]);
    await subject.put([{ at: at(0), message: 'theirs' }], subject.theirs);
    expect(await subject.store.dropDays(givenDays.limits())).toEqual([]);
    await subject.store.dropDays(givenDays.limits([subject.mine, 0]));
    expect(await messages(subject.mine)).toHaveLength(4);

    const dropped = await subject.store.dropDays(givenDays.limits([subject.mine, 2]));
    expect(dropped).toContainEqual({ endMs: startOf(2), records: 2 });
    expect(await messages(subject.mine)).toEqual(['day 0', 'day 2']);
    expect(await messages(subject.theirs)).toEqual(['theirs']);

    await subject.store.dropDays(givenDays.limits([subject.mine, 2], [subject.theirs, 0]));
    expect(await messages(subject.theirs)).toEqual(['theirs']);
    await subject.store.dropDays(givenDays.limits([subject.mine, 2], [subject.theirs, 1]));
    expect(await messages(subject.mine)).toEqual(['day 2']);
    expect(await messages(subject.theirs)).toEqual([]);
    expect(await subject.store.deleteBefore(subject.mine, startOf(2))).toBe(0);
  });

  it('keeps what comes late for a day that was dropped, once, until it is deleted in turn', async () => {
    await subject.put([{ at: at(1), message: 'first' }]);
    await subject.store.dropDays(givenDays.limits([subject.mine, 2]));
    const late = encodeLogBatch([recordOf(subject.mine, { at: at(1, 1), message: 'late' })]);
    expect(await subject.store.write(subject.mine, late)).toEqual({
      written: 1,
      duplicates: 0,
      rejected: [],
    });
    expect(await subject.store.write(subject.mine, late)).toEqual({
      written: 0,
      duplicates: 1,
      rejected: [],
    });
    expect(await messages(subject.mine)).toEqual(['late']);
    await subject.store.ensurePartitions(startOf(1));
    expect(await messages(subject.mine)).toEqual(['late']);
    await subject.store.dropDays(givenDays.limits([subject.mine, 2]));
    await subject.store.deleteBefore(subject.mine, startOf(2));
    expect(await messages(subject.mine)).toEqual([]);
  });

  it('drops no day of a project that has meanwhile decided to keep it', async () => {
    await subject.put([{ at: at(1), message: 'mine' }]);
    const answers = [await givenDays.limits([subject.mine, 2])()];
    const readLimits = () => Promise.resolve(answers.pop() ?? new Map<ProjectId, number>());
    expect(await subject.store.dropDays(readLimits)).toEqual([]);
    expect(await messages(subject.mine)).toEqual(['mine']);
  });

  it('loses no record of others and fails no reader, however they write and read meanwhile', async () => {
    const { mine, theirs } = subject;
    const aged = givenDays.limits([mine, 2]);
    const write = (scope: ProjectScope, given: GivenRecord) =>
      writeUntilTaken(() => subject.store.write(scope, encodeLogBatch([recordOf(scope, given)])));
    let isWriting = true;
    const readers = [theirs, mine].map(async (scope) => {
      for (let reads = 0; isWriting || reads === 0; reads++)
        await subject.store.search(scope, { range: ALL, limit: 5, order: 'desc' });
    });
    const dropper = (async () => {
      for (let drops = 0; isWriting || drops === 0; drops++) {
        await write(mine, { at: at(0), message: `aged ${drops}` });
        await subject.store.dropDays(aged);
        await subject.store.ensurePartitions(startOf(1));
      }
    })();
    for (let index = 0; index < 30; index++)
      await write(theirs, { at: at(index % 2), message: `${index}`, index });
    isWriting = false;
    await Promise.all([...readers, dropper]);
    expect([...(await messages(theirs))].map(Number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, index) => index),
    );
  });
}
