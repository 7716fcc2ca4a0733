import { startCatalog } from '../../../../test/support/start-catalog';
import { ALL, LogStoreSubject } from '../../../conformance/src/given-log-records.conformance';
import { logStoreConformance } from '../../../conformance/src/log-store.conformance';
import { PostgresLogStore } from './postgres-log-store';

logStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  const store = new PostgresLogStore(catalog.pool);
  // The suite's present lies in partitions of its own, its past and future in the default one.
  await store.ensurePartitions(Date.parse('2026-03-10T12:00:00Z'));
  return { ...catalog, store };
});

describe('PostgresLogStore', () => {
  it('asks for the records of a trace alone, as long as they are no more than a page', async () => {
    const catalog = await startCatalog();
    try {
      const subject = new LogStoreSubject(new PostgresLogStore(catalog.pool));
      await subject.put([0, 1, 2].map((index) => ({ index, traceId: 't1' })));
      const query = jest.spyOn(catalog.pool, 'query');
      const totalOf = async (limit: number) => {
        const page = { range: ALL, traceId: 't1', limit, order: 'desc' } as const;
        return (await subject.store.search(subject.mine, page)).total;
      };
      expect(await totalOf(3)).toBe(3);
      expect(query).toHaveBeenCalledTimes(1);
      expect(await totalOf(2)).toBe(3);
      expect(query).toHaveBeenCalledTimes(3);
    } finally {
      await catalog.end();
    }
  });
});
