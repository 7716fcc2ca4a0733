import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { idempotencyStoreConformance } from '../../../conformance/src/idempotency-store.conformance';
import { PostgresIdempotencyStore } from './postgres-idempotency-store';

idempotencyStoreConformance('PostgreSQL', async () => {
  const catalog = await startCatalog();
  return { ...catalog, store: new PostgresIdempotencyStore(catalog.pool) };
});

describe('keys of a busy day', () => {
  const KEYS = 25_000;
  const NOW = Date.parse('2026-03-10T00:00:00Z');
  let catalog: Catalog;
  let store: PostgresIdempotencyStore;

  beforeEach(async () => {
    catalog = await startCatalog();
    store = new PostgresIdempotencyStore(catalog.pool);
    await catalog.pool.query(`
      INSERT INTO idempotency_keys (project_id, key, request_hash, received_at)
      SELECT gen_random_uuid(), 'key', 'hash', '2026-03-09' FROM generate_series(1, ${KEYS})`);
  });
  afterEach(() => catalog.end());

  it('are forgotten by statements that each take less than one may, also after days without it', async () => {
    // Says what PostgreSQL says on a timeout, by the number of rows instead of the time they take.
    await catalog.pool.query(`
      CREATE FUNCTION too_many() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF (SELECT count(*) FROM gone) > ${KEYS / 2} THEN
          RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = '57014';
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER too_many AFTER DELETE ON idempotency_keys
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION too_many()`);
    expect(await store.deleteBefore(NOW)).toBe(KEYS);
  });

  it('are left to the next round where the worker stops', async () => {
    const first = await store.deleteBefore(NOW, async () => false);
    expect(first).toBeLessThan(KEYS);
    expect(await store.deleteBefore(NOW)).toBe(KEYS - first);
  });
});
