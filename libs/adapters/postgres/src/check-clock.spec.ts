import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { checkClock } from './check-clock';
import { createPool } from './pool';

const HOUR_MS = 3_600_000;
const by = (ms: number) => ({ now: () => Date.now() + ms });

describe('the clock of a process', () => {
  let catalog: Catalog;
  beforeAll(async () => {
    catalog = await startCatalog();
  });
  afterAll(() => catalog.end());

  it.each([
    ['an hour ahead of', HOUR_MS, /some 3600 s ahead of that of the database: let NTP/],
    ['an hour behind', -HOUR_MS, /some 3600 s behind that of the database: let NTP/],
    ['a minute behind', -60_000, /some 60 s behind/],
  ])('is told to be %s that of the database', async (_case, ms, words) => {
    await expect(checkClock(catalog.pool, by(ms))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'OPS_ENGINE_UNAVAILABLE',
      message: expect.stringMatching(words),
    });
  });

  it.each([0, 1000, -1000])('may differ by %d ms', async (ms) => {
    await checkClock(catalog.pool, by(ms));
  });

  it('is not blamed for the time that an answer takes', async () => {
    const looks = [0, HOUR_MS];
    const clock = { now: () => Date.now() - HOUR_MS / 2 + (looks.shift() ?? 0) };
    await checkClock(catalog.pool, clock);
  });

  it('is not known where the database does not answer, which another check tells', async () => {
    const url = 'postgres://127.0.0.1:1/nowhere';
    const pool = createPool({ url, size: 1, statementTimeoutMs: 1000, applicationName: 'test' });
    try {
      await checkClock(pool, by(HOUR_MS));
    } finally {
      await pool.end();
    }
  });
});
