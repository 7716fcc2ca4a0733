import fc from 'fast-check';
import type { Pool } from 'pg';
import { scattered } from '../../../../test/support/scattered';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { ALL, LogStoreSubject } from '../../../conformance/src/given-log-records.conformance';
import { asId, type Fingerprint } from '../../../core/src/common/ids';
import type { LogFilter } from '../../../core/src/logs/log-query';
import { loadMigrations } from '../../../runtime/src/migration-files';
import {
  type CountedBy,
  countedRecords,
  isKnownByMinute,
  matchingRecords,
  wholeMinutes,
} from './counted-records';
import { PostgresLogStore } from './postgres-log-store';
import { SqlValues } from './sql-values';

const FROM_MS = Date.parse('2026-03-10T23:50:00Z');
const SPAN_MS = 20 * 60_000;
const LEVELS = ['info', 'warn', 'error'] as const;
const SERVICES = ['api', 'web', 'Ünïcode'];
const FINGERPRINTS = ['f1', 'f2', 'f3', 'ü4'];
/** All records have been received in it: asked for, they are counted one by one. */
const RECEIVED = { receivedRange: ALL };

describe('countedRecords', () => {
  let catalog: Catalog;
  let pool: Pool;
  let subject: LogStoreSubject;

  /** By level, service (and fingerprint) and bucket of five minutes, as the source has them. */
  async function ask(source: typeof countedRecords, filter: LogFilter, by: CountedBy = 'service and level') {
    const values = new SqlValues();
    const fingerprint = by === 'service and level' ? '' : ', fingerprint COLLATE "C" AS fingerprint';
    const { rows: counts } = await pool.query<{ service: string; count: number }>(
      `SELECT sum(count)::bigint AS count, date_bin('5 minutes', at, 'epoch') AS bucket, service_name COLLATE "C" AS service,
         level ${fingerprint}
       FROM (${source(subject.mine, filter, values, by)}) AS counted
       GROUP BY 2, 3, 4 ${fingerprint && ', 5'} HAVING sum(count) > 0 ORDER BY 2, 3, 4 ${fingerprint && ', 5'}`,
      values.list,
    );
    return counts;
  }

  beforeAll(async () => {
    catalog = await startCatalog();
    ({ pool } = catalog);
    const store = new PostgresLogStore(pool);
    subject = new LogStoreSubject(store);
    const records = Array.from({ length: 600 }, (_, index) => ({
      at: new Date(FROM_MS + scattered(index, SPAN_MS)).toISOString(),
      level: LEVELS[index % 3] ?? 'info',
      service: SERVICES[index % 7] ?? 'api',
      fingerprint: FINGERPRINTS[index % 5] ?? 'f1',
      index,
    }));
    // Both lanes of the worker at once, one half of it again, and then the days come that the records move into.
    await Promise.all([subject.put(records.slice(0, 400)), subject.put(records.slice(300))]);
    await subject.put(records.slice(100, 200));
    await store.ensurePartitions(FROM_MS);
    await store.deleteBefore(subject.mine, FROM_MS + 150_000);
  });
  afterAll(() => catalog.end());

  const instant = fc.integer({ min: FROM_MS - 90_000, max: FROM_MS + SPAN_MS + 90_000 });
  const filters = fc.record(
    {
      range: fc.record({ fromMs: instant, toMs: instant }),
      levels: fc.subarray([...LEVELS], { minLength: 1 }),
      serviceName: fc.constantFrom(...SERVICES),
      fingerprint: fc.constantFrom(...FINGERPRINTS).map((one) => asId<Fingerprint>(one)),
    },
    { requiredKeys: ['range'] },
  );

  it('counts by minute exactly what the records say, for any range, after duplicates, moves and deletions', async () => {
    await fc.assert(
      fc.asyncProperty(filters, async (asked) => {
        for (const by of ['service and level', 'fingerprint, service and level'] as const)
          expect(await ask(countedRecords, asked, by)).toEqual(await ask(matchingRecords, asked, by));
      }),
      { numRuns: 200 },
    );
  });

  it('counts fingerprints by minute, with their levels, spans and examples, exactly as their records say', async () => {
    const count = (filter: LogFilter) => subject.store.countFingerprints(subject.mine, filter, 100);
    await fc.assert(
      fc.asyncProperty(filters, async (asked) => {
        expect(await count(asked)).toEqual(await count({ ...asked, ...RECEIVED }));
      }),
      { numRuns: 200 },
    );
  });

  it('counts the volume of fingerprints exactly as their records say, in whole minutes and in seconds', async () => {
    const wanted = FINGERPRINTS.slice(1).map((one) => asId<Fingerprint>(one));
    const count = (filter: LogFilter, seconds: number) =>
      subject.store.fingerprintVolume(subject.mine, filter, seconds, wanted);
    await fc.assert(
      fc.asyncProperty(filters, fc.constantFrom(45, 60, 300), async (asked, seconds) => {
        expect(await count(asked, seconds)).toEqual(await count({ ...asked, ...RECEIVED }, seconds));
      }),
      { numRuns: 200 },
    );
  });

  it('counts, when it is brought to a database, the records that are there', async () => {
    const counts = async () => {
      const { rows } = await pool.query(
        'SELECT * FROM log_fingerprint_counts ORDER BY project_id, minute, fingerprint, service_name, level',
      );
      return rows;
    };
    const before = await counts();
    const migrations = await loadMigrations();
    const bringsIt = migrations.find(({ name }) => name === '0018_log_fingerprint_counts');
    await pool.query('DROP TABLE log_fingerprint_counts');
    await pool.query(bringsIt?.sql ?? '');
    expect(before.length).toBeGreaterThan(100);
    expect(await counts()).toEqual(before);
  });

  it('counts what is left where records of the same minutes are written and deleted at once', async () => {
    const since = FROM_MS - 86_400_000;
    const range = { fromMs: since, toMs: since + SPAN_MS };
    const recordsOf = (writer: number, batch: number) =>
      Array.from({ length: 60 }, (_, index) => ({
        at: new Date(since + scattered(index + batch, 180_000)).toISOString(),
        service: SERVICES[(index + writer) % 3] ?? 'api',
        fingerprint: `f${(index * 5 + writer) % 17}`,
        message: `${writer} ${batch}`,
        index,
      }));
    const batches = Array.from({ length: 15 }, (_, batch) => batch);
    const write = async (writer: number) => {
      for (const batch of batches) await subject.put(recordsOf(writer, batch), subject.theirs);
    };
    const remove = async () => {
      for (const batch of batches) await subject.store.deleteBefore(subject.theirs, since + batch * 10_000);
    };
    await Promise.all([write(1), write(2), remove()]);
    const counts = (filter: LogFilter) =>
      Promise.all([
        subject.store.countFingerprints(subject.theirs, filter, 100),
        subject.store.countBy(subject.theirs, filter, 'service_name', 10),
      ]);
    const left = await counts({ range });
    expect(left[0].length).toBeGreaterThan(10);
    expect(left).toEqual(await counts({ range, ...RECEIVED }));
  });

  it('answers many windows at once as each by itself, with their services or without', async () => {
    const asking = fc.record({ filter: filters, groupByService: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(asking, { minLength: 1, maxLength: 4 }), async (asked) => {
        const requests = asked.map((request, index) => ({ key: String(index), ...request }));
        const answers = await subject.store.countMany(subject.mine, requests);
        const counted = await Promise.all(asked.map(({ filter }) => ask(matchingRecords, filter)));
        const sum = (rows: (typeof counted)[number]) => rows.reduce((all, { count }) => all + count, 0);
        for (const [index, { groupByService }] of asked.entries()) {
          const found = answers.filter(({ key }) => key === String(index));
          const rows = counted[index] ?? [];
          const services = [...new Set(rows.map(({ service }) => service))].sort();
          const expected = groupByService
            ? services.map((name) => [name, sum(rows.filter(({ service }) => service === name))])
            : [[undefined, sum(rows)]];
          expect(found.map(({ serviceName, count }) => [serviceName, count]).sort()).toEqual(expected);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('forgets a minute whose records are all deleted', async () => {
    for (const table of ['log_minute_counts', 'log_fingerprint_counts']) {
      const { rows } = await pool.query(`SELECT FROM ${table} WHERE project_id = $1 AND minute < $2`, [
        subject.mine.projectId,
        new Date(FROM_MS + 120_000),
      ]);
      expect(rows).toHaveLength(0);
    }
  });
});

describe('isKnownByMinute', () => {
  it.each([
    ['', true],
    [' - "*" ', true],
    ['a', false],
  ])('says of a search for %j, which may ask for nothing: %s', (search, isKnown) => {
    expect(isKnownByMinute({ range: ALL, search })).toBe(isKnown);
  });
});

describe('wholeMinutes', () => {
  const at = (seconds: number) => FROM_MS + seconds * 1000;

  it.each([
    ['a range of whole minutes as it is', 0, 120, { fromMs: at(0), toMs: at(120) }],
    ['the minutes between', 1, 179, { fromMs: at(60), toMs: at(120) }],
    ['none within one minute', 1, 59, undefined],
    ['none across one boundary', 30, 90, undefined],
    ['none in a range that ends before it begins', 120, 0, undefined],
  ])('takes %s', (_, from, to, expected) => {
    expect(wholeMinutes({ fromMs: at(from), toMs: at(to) })).toEqual(expected);
  });
});
