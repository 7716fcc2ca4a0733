import fc from 'fast-check';
import type { Pool } from 'pg';
import { newScope } from '../../../../test/support/new-scope';
import { createTestDatabase } from '../../../../test/support/test-database';
import { runMigrations } from '../../../runtime/src/run-migrations';
import { createPool } from './pool';
import { SeriesIds } from './series-ids';

const scope = newScope();

describe('SeriesIds', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let pool: Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    await runMigrations(database.url);
    pool = createPool({ url: database.url, size: 2, statementTimeoutMs: 20_000, applicationName: 'test' });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('makes one key of one series and different keys of different series', () => {
    const ids = new SeriesIds(pool);
    const text = fc.string({ maxLength: 3 });
    const series = fc.record({
      metricName: text,
      serviceName: text,
      tags: fc.dictionary(text, text, { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(series, series, (one, other) => {
        const canonical = (given: typeof one) =>
          JSON.stringify([given.metricName, given.serviceName, Object.entries(given.tags).sort()]);
        expect(ids.keyOf(scope, one) === ids.keyOf(scope, other)).toBe(canonical(one) === canonical(other));
        const reversed = { ...one, tags: Object.fromEntries(Object.entries(one.tags).reverse()) };
        expect(ids.keyOf(scope, reversed)).toBe(ids.keyOf(scope, one));
      }),
    );
  });

  it('gives the same ids when it has forgotten them and when it never knew them', async () => {
    const small = new SeriesIds(pool, 2);
    const wanted = new Map(
      Array.from({ length: 10 }, (_, index) => {
        const series = { metricName: 'm', serviceName: 's', tags: { n: `${index}` } };
        return [small.keyOf(scope, series), series] as const;
      }),
    );
    const first = await small.resolve(scope, wanted);
    expect(new Set(first.values()).size).toBe(10);
    expect(new Map([...(await small.resolve(scope, wanted))].sort())).toEqual(new Map([...first].sort()));
    const other = await new SeriesIds(pool).resolve(scope, wanted);
    expect(new Map([...other].sort())).toEqual(new Map([...first].sort()));
  });
});
