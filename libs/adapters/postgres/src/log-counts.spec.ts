import { countRecordsRead } from '../../../../test/support/count-records-read';
import { scattered } from '../../../../test/support/scattered';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { LogStoreSubject } from '../../../conformance/src/given-log-records.conformance';
import { asId, type Fingerprint } from '../../../core/src/common/ids';
import type { LogFilter } from '../../../core/src/logs/log-query';
import { countValues, COUNT_MANY, planLogCounts } from './log-counts';
import { PostgresLogStore } from './postgres-log-store';

const NOON_MS = Date.parse('2026-02-14T12:00:00.000Z');
const RECORDS = 20_000;
const EVERY_MS = 180;

describe('counts of many windows', () => {
  let catalog: Catalog;
  let subject: LogStoreSubject;

  beforeAll(async () => {
    catalog = await startCatalog();
    subject = new LogStoreSubject(new PostgresLogStore(catalog.pool));
    await subject.store.ensurePartitions(NOON_MS);
    await subject.put(
      Array.from({ length: RECORDS }, (_, index) => ({
        at: new Date(NOON_MS + scattered(index, RECORDS) * EVERY_MS).toISOString(),
        index,
        message: `answered ${index % 1000}`,
        fingerprint: `f${index % 100}`,
      })),
    );
    await catalog.pool.query('VACUUM ANALYZE log_records');
  });
  afterAll(() => catalog.end());

  const recordsRead = (filters: readonly LogFilter[]) => {
    const plan = planLogCounts(
      filters.map((filter, index) => ({ key: String(index), filter, groupByService: false })),
    );
    return countRecordsRead(catalog.pool, COUNT_MANY, countValues(subject.mine, plan));
  };

  const minutes = (from: number, to: number) => ({
    range: { fromMs: NOON_MS + from * 60_000, toMs: NOON_MS + to * 60_000 },
  });
  const perMinute = 60_000 / EVERY_MS;

  it('read no records for whole minutes, however many are stored', async () => {
    expect(await recordsRead([minutes(0, 60), minutes(5, 10)])).toBe(0);
  });

  it('read no records for whole minutes of one fingerprint', async () => {
    expect(await recordsRead([{ ...minutes(0, 60), fingerprint: asId<Fingerprint>('f7') }])).toBe(0);
  });

  it('read of a minute that a window has a part of what is less: this part or the rest', async () => {
    expect(await recordsRead([minutes(0.25, 5.25)])).toBeLessThan(0.51 * perMinute);
    expect(await recordsRead([minutes(10.75, 15.75)])).toBeLessThan(0.51 * perMinute);
  });

  it('read the records of a window that asks for what is not counted, and no others', async () => {
    expect(await recordsRead([{ ...minutes(20, 22), traceId: 'a'.repeat(32) }])).toBeLessThan(
      2.01 * perMinute,
    );
  });

  it('read the records that have a word, and not all in the range', async () => {
    expect(await recordsRead([{ ...minutes(0, 60), search: '"answered 7"' }])).toBeLessThan(RECORDS / 10);
  });
});
