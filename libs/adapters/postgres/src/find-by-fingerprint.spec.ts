import fc from 'fast-check';
import { countRecordsRead } from '../../../../test/support/count-records-read';
import { scattered } from '../../../../test/support/scattered';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { ALL, LogStoreSubject } from '../../../conformance/src/given-log-records.conformance';
import { asId, type Fingerprint } from '../../../core/src/common/ids';
import type { LogQuery } from '../../../core/src/logs/log-query';
import { pageOfFingerprint } from './find-by-fingerprint';
import { PostgresLogStore } from './postgres-log-store';

const NOON_MS = Date.parse('2026-02-14T12:00:00.000Z');
const RECORDS = 20_000;
const EVERY_MS = 180;
const SPAN_MS = RECORDS * EVERY_MS;
const COMMON = asId<Fingerprint>('common');
const RARE = asId<Fingerprint>('rare');

describe('records of a fingerprint', () => {
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
        service: `s${index % 7}`,
        fingerprint: index % 400 === 0 ? RARE : index % 3 === 0 ? COMMON : 'other',
        ...(index % 5 === 0 && { level: 'error' as const }),
      })),
    );
    await catalog.pool.query('VACUUM ANALYZE log_records, log_fingerprint_counts');
  });
  afterAll(() => catalog.end());

  const all = { fromMs: NOON_MS, toMs: NOON_MS + SPAN_MS };
  const recordsRead = (query: LogQuery) => {
    const { text, values } = pageOfFingerprint(subject.mine, query);
    return countRecordsRead(catalog.pool, text, values);
  };

  it('are found, page after page, as records that are gone through one by one', async () => {
    const instant = fc.integer({ min: all.fromMs, max: all.toMs });
    const queries = fc.record(
      {
        range: fc.record({ fromMs: instant, toMs: instant }),
        fingerprint: fc.constantFrom(COMMON, RARE, asId<Fingerprint>('absent')),
        limit: fc.integer({ min: 1, max: 60 }),
        order: fc.constantFrom('asc' as const, 'desc' as const),
        levels: fc.constant(['error'] as const),
        serviceName: fc.constantFrom('s1', 's2', 'absent'),
        offset: fc.integer({ min: 0, max: 30 }),
      },
      { requiredKeys: ['range', 'fingerprint', 'limit', 'order'] },
    );
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        const oneByOne = { ...query, receivedRange: ALL };
        const found = await subject.store.search(subject.mine, query);
        expect(found).toEqual(await subject.store.search(subject.mine, oneByOne));
        if (found.nextCursor === undefined || query.offset !== undefined) return;
        const next = { ...query, cursor: found.nextCursor };
        expect(await subject.store.search(subject.mine, next)).toEqual(
          await subject.store.search(subject.mine, { ...next, receivedRange: ALL }),
        );
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['desc', '12:00:59.999'],
    ['asc', '12:01:00.000'],
  ] as const)(
    'are all listed (%s) where a page ends among several in the first or last millisecond of a minute',
    async (order, time) => {
      const fingerprint = asId<Fingerprint>(order);
      const records = await subject.put(
        ['11:59:00.000', time, time, time, '12:02:00.000'].map((at, index) => ({
          at: `2026-02-15T${at}Z`,
          ns: BigInt(index) * 100_000n,
          index,
          fingerprint,
        })),
      );
      const listed: string[] = [];
      let cursor: string | undefined;
      do {
        const query = { range: ALL, fingerprint, order, limit: 2, ...(cursor !== undefined && { cursor }) };
        const page = await subject.store.search(subject.mine, query);
        listed.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      const ids = records.map(({ id }) => id);
      expect(listed).toEqual(order === 'asc' ? ids : ids.reverse());
    },
  );

  it('are read in the minutes and services that have them, and in no more than a page needs', async () => {
    const page = { range: all, limit: 20, order: 'desc' } as const;
    const perMinuteAndService = 60_000 / EVERY_MS / 7;
    // The newest 21 of 50 lie in as many minutes of a service.
    expect(await recordsRead({ ...page, fingerprint: RARE })).toBeLessThan(25 * perMinuteAndService);
    expect(await recordsRead({ ...page, fingerprint: COMMON })).toBeLessThan((3 * 60_000) / EVERY_MS);
  });
});
