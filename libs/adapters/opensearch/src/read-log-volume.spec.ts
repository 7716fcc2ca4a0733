import fc from 'fast-check';
import { newScope } from '../../../../test/support/new-scope';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { openSearchForEach } from '../../../../test/support/opensearch-specs';
import { recordOf } from '../../../conformance/src/given-log-records.conformance';
import { encodeLogBatch } from '../../../contracts/src/log-batch.message';
import { bucketStarts } from '../../../core/src/common/time-buckets';
import { LOG_LEVELS } from '../../../core/src/logs/log-level';
import type { LogFilter, VolumeBucket } from '../../../core/src/logs/log-query';
import type { LogRecord } from '../../../core/src/logs/log-record';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { LogIndexNames } from './index-names';
import { logIndexTemplate } from './log-index-template';
import { planVolume } from './read-log-volume';

const MIDNIGHT = Date.parse('2026-03-10T00:00:00Z');
const HOUR_MS = 3_600_000;
const MAX_BUCKETS = 2000;

describe('planVolume', () => {
  const names = new LogIndexNames('logs');
  const range = { fromMs: MIDNIGHT - 15_000, toMs: MIDNIGHT + 15_001 };
  const everything = { indices: names.covering(range), range };

  it('counts whole slots by key, day by day, and the records of their ends and of years', () => {
    expect(planVolume(names, { range, levels: ['error'] }, 60)).toEqual({
      days: [
        { name: 'logs-day-2026.03.09', range: { fromMs: MIDNIGHT - 10_000, toMs: MIDNIGHT } },
        { name: 'logs-day-2026.03.10', range: { fromMs: MIDNIGHT, toMs: MIDNIGHT + 10_000 } },
      ],
      rest: [
        {
          indices: ['logs-day-2026.03.09', 'logs-year-2026'],
          range: { fromMs: MIDNIGHT - 15_000, toMs: MIDNIGHT - 10_000 },
        },
        {
          indices: ['logs-day-2026.03.10', 'logs-year-2026'],
          range: { fromMs: MIDNIGHT + 10_000, toMs: MIDNIGHT + 15_001 },
        },
        { indices: ['logs-year-2026'], range: { fromMs: MIDNIGHT - 10_000, toMs: MIDNIGHT + 10_000 } },
      ],
    });
  });

  it.each<[string, LogFilter, number]>([
    ['words', { range, search: 'timeout' }, 60],
    ['a service', { range, serviceName: 'api' }, 60],
    ['no level at all', { range, levels: [] }, 60],
    ['finer buckets than slots', { range }, 5],
  ])('goes through the records where it is asked for %s', (_, filter, bucketSeconds) => {
    expect(planVolume(names, filter, bucketSeconds)).toEqual({ days: [], rest: [everything] });
  });

  it.each([
    ['less than a slot', { fromMs: MIDNIGHT + 1, toMs: MIDNIGHT + 9_999 }],
    ['more days than are named', { fromMs: 0, toMs: MIDNIGHT }],
  ])('goes through the records of %s', (_, whole) => {
    expect(planVolume(names, { range: whole }, 60).days).toEqual([]);
  });

  it('has no day of times that no record can have', () => {
    expect(planVolume(names, { range: { fromMs: -60_000, toMs: -10_000 } }, 60).days).toEqual([]);
  });
});

describeWithEngine('opensearch', 'readLogVolume', (url) => {
  const given = fc.sample(
    fc.record({
      atMs: fc.oneof(
        fc.integer({ min: MIDNIGHT - 2 * HOUR_MS, max: MIDNIGHT + 2 * HOUR_MS }),
        fc.integer({ min: MIDNIGHT - 45_000, max: MIDNIGHT + 45_000 }),
        // So late that the index of a year keeps them.
        fc.integer({ min: MIDNIGHT - 60 * 24 * HOUR_MS, max: MIDNIGHT - 40 * 24 * HOUR_MS }),
      ),
      level: fc.constantFrom(...LOG_LEVELS),
    }),
    { numRuns: 300, seed: 7 },
  );
  const instant = fc.oneof(
    fc.integer({ min: MIDNIGHT - 3 * HOUR_MS, max: MIDNIGHT + 3 * HOUR_MS }),
    fc.integer({ min: MIDNIGHT - 60_000, max: MIDNIGHT + 60_000 }),
    fc.constantFrom(MIDNIGHT - 50 * 24 * HOUR_MS, MIDNIGHT - 30_000, MIDNIGHT, MIDNIGHT + HOUR_MS),
  );
  const question = fc
    .record({
      ends: fc.tuple(instant, instant),
      levels: fc.option(fc.array(fc.constantFrom(...LOG_LEVELS), { maxLength: 3 }), { nil: undefined }),
      bucketSeconds: fc.constantFrom(7, 10, 30, 60, 70, 3600, 86_400, 604_800),
    })
    .filter(
      ({ ends: [one, other], bucketSeconds }) => Math.abs(one - other) < bucketSeconds * MAX_BUCKETS * 1000,
    );
  const mine = newScope();
  const theirs = newScope();
  const subject = openSearchForEach(url);

  const put = async (scope: ProjectScope, from: number, to: number) => {
    const records = given
      .slice(from, to)
      .map(({ atMs, level }, index) => recordOf(scope, { at: new Date(atMs).toISOString(), level, index }));
    await subject.store.write(scope, encodeLogBatch(records));
    return records;
  };

  const expectCountsOf = (records: readonly LogRecord[]) =>
    fc.assert(
      fc.asyncProperty(question, async ({ ends, levels, bucketSeconds }) => {
        const range = { fromMs: Math.min(...ends), toMs: Math.max(...ends) };
        const filter = { range, ...(levels !== undefined && { levels }) };
        expect(await subject.store.volume(mine, filter, bucketSeconds)).toEqual(
          countedOneByOne(records, filter, bucketSeconds),
        );
      }),
      { numRuns: 60 },
    );

  it('counts what going through the records counts, whatever range, levels and width are asked for', async () => {
    const records = await put(mine, 0, 200);
    await put(theirs, 200, 300);
    await expectCountsOf(records);
  });

  it('counts records that an earlier release has written, in an index of its own and among others', async () => {
    const { mappings } = logIndexTemplate([]).template as { mappings: { properties: object } };
    const properties: Record<string, unknown> = { ...mappings.properties };
    delete properties['count_key'];
    const old = { mappings: { ...mappings, properties } };
    await subject.connection.send({
      method: 'PUT',
      path: `/${subject.prefix}-day-2026.03.09`,
      body: old,
    });
    const records = await put(mine, 0, 200);
    await put(theirs, 200, 300);
    const [last] = records.filter(({ timestamp }) => Date.parse(timestamp) >= MIDNIGHT).slice(-1);
    const body = { project_id: mine.projectId, timestamp: last?.timestamp, level: last?.level };
    await subject.connection.send({
      method: 'PUT',
      path: `/${subject.prefix}-day-2026.03.10/_create/without-key`,
      query: { refresh: true },
      body,
    });
    await expectCountsOf(last === undefined ? records : [...records, last]);
  });

  it('does not count records that were deleted', async () => {
    const records = await put(mine, 0, 200);
    await put(theirs, 200, 300);
    await subject.store.deleteBefore(mine, MIDNIGHT + 20_000);
    await expectCountsOf(records.filter(({ timestamp }) => Date.parse(timestamp) >= MIDNIGHT + 20_000));
  });
});

function countedOneByOne(
  records: readonly LogRecord[],
  { range, levels = LOG_LEVELS }: LogFilter,
  bucketSeconds: number,
): readonly VolumeBucket[] {
  const matching = records.filter(({ timestamp, level }) => {
    const atMs = Date.parse(timestamp);
    return atMs >= range.fromMs && atMs < range.toMs && levels.includes(level);
  });
  return bucketStarts(range, bucketSeconds).map((startMs) => {
    const within = matching.filter(({ timestamp }) => {
      const atMs = Date.parse(timestamp);
      return atMs >= startMs && atMs < startMs + bucketSeconds * 1000;
    });
    const byLevel: Partial<Record<(typeof LOG_LEVELS)[number], number>> = {};
    for (const { level } of within) byLevel[level] = (byLevel[level] ?? 0) + 1;
    return { startMs, count: within.length, byLevel };
  });
}
