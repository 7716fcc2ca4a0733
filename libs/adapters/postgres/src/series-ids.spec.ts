import fc from 'fast-check';
import type { Pool } from 'pg';
import { newScope } from '../../../../test/support/new-scope';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { waitForLocks } from '../../../../test/support/wait-for-locks';
import { SeriesIds } from './series-ids';

const scope = newScope();
const MAX_SERIES = 10_000;

describe('SeriesIds', () => {
  let catalog: Catalog;
  let pool: Pool;

  beforeAll(async () => {
    catalog = await startCatalog();
    ({ pool } = catalog);
  });
  afterAll(() => catalog.end());

  it('makes one key of one series and different keys of different series', () => {
    const ids = new SeriesIds(pool, { maxSeries: MAX_SERIES });
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
    const small = new SeriesIds(pool, { maxSeries: MAX_SERIES, cacheSize: 2 });
    const wanted = new Map(
      Array.from({ length: 10 }, (_, index) => {
        const series = { metricName: 'm', serviceName: 's', tags: { n: `${index}` } };
        return [small.keyOf(scope, series), series] as const;
      }),
    );
    const first = await small.resolve(scope, wanted);
    expect(new Set(first.values()).size).toBe(10);
    expect(new Map([...(await small.resolve(scope, wanted))].sort())).toEqual(new Map([...first].sort()));
    const other = await new SeriesIds(pool, { maxSeries: MAX_SERIES }).resolve(scope, wanted);
    expect(new Map([...other].sort())).toEqual(new Map([...first].sort()));
  });

  it.each([10, 120, 230, 340, 450])(
    'lets two writers add the same series at the same time, in whatever order they have them (%i)',
    async (busy) => {
      const nameOf = (index: number) => `series ${index} beside ${busy}`;
      const addSome = (count: number) =>
        new SeriesIds(pool, { maxSeries: MAX_SERIES }).resolve(
          scope,
          new Map(
            Array.from({ length: count }, (_, index) => {
              const metricName = nameOf(index);
              return [metricName, { metricName, serviceName: 's', tags: {} }] as const;
            }),
          ),
        );
      const inTheWay = await pool.connect();
      try {
        await inTheWay.query('BEGIN');
        await inTheWay.query(
          `INSERT INTO series (project_id, metric_name, service_name, tags) VALUES ($1, $2, 's', '{}')`,
          [scope.projectId, nameOf(busy)],
        );
        const adding = Promise.all([addSome(500), addSome(1500)]);
        // Waited for below, where it is seen to end well.
        adding.catch(() => undefined);
        await waitForLocks(pool, 2);
        await inTheWay.query('ROLLBACK');
        const [some, all] = await adding;
        for (const [key, id] of some) expect(all.get(key)).toBe(id);
      } finally {
        inTheWay.release();
      }
    },
  );
});
