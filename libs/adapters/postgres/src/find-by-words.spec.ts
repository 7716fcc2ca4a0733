import type { Pool } from 'pg';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { LogStoreSubject } from '../../../conformance/src/given-log-records.conformance';
import { findByWords } from './find-by-words';
import { PostgresLogStore } from './postgres-log-store';

const NOON = Date.parse('2026-02-14T12:00:00Z');
const DAY = 'log_records_20260214';

describe('findByWords', () => {
  let catalog: Catalog;

  beforeAll(async () => {
    catalog = await startCatalog();
  });
  afterAll(() => catalog.end());

  /** How PostgreSQL would answer what is asked of the pool. */
  const planOf = async (ask: (pool: Pool) => Promise<unknown>) => {
    const plan: string[] = [];
    const query = async (text: string, values: readonly unknown[]) => {
      const { rows } = await catalog.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, [...values]);
      plan.push(...rows.map((row) => row['QUERY PLAN']));
      return { rows: [] };
    };
    await ask({ query } as unknown as Pool);
    return plan.join('\n');
  };

  it('reads the records of a page by their keys, also of a day that was not analysed yet', async () => {
    const subject = new LogStoreSubject(new PostgresLogStore(catalog.pool));
    await subject.store.ensurePartitions(NOON);
    await catalog.pool.query(`ALTER TABLE ${DAY} SET (autovacuum_enabled = off)`);
    const at = (index: number) => new Date(NOON + index).toISOString();
    await subject.put(
      Array.from({ length: 3000 }, (_, index) => ({ at: at(index), message: `number ${index} of many` })),
    );
    const range = { fromMs: NOON, toMs: NOON + 60_000 };
    const query = { range, search: 'many', limit: 50, order: 'desc' } as const;
    const plan = await planOf((pool) => findByWords(pool, subject.mine, query));
    expect(plan).toMatch(/Index Cond: .*\(id = /);
    expect(plan).not.toMatch(/Join Filter/);
  });
});
