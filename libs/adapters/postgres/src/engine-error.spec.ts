import { Client } from 'pg';
import { OpsError } from '../../../core/src/common/errors';
import { createTestDatabase } from '../../../../test/support/test-database';
import { waitFor } from '../../../../test/support/wait-for';
import { onEngine, toEngineError } from './engine-error';
import { createPool } from './pool';

function errorWith(code: string, message = 'x'): Error {
  return Object.assign(new Error(message), { code });
}

const options = { size: 1, statementTimeoutMs: 1000, applicationName: 'test' };

describe('toEngineError', () => {
  it.each([
    ['a refused connection', errorWith('ECONNREFUSED')],
    ['a broken pipe', errorWith('EPIPE')],
    ['a shutdown of the server', errorWith('57P01')],
    ['a full disk', errorWith('53100')],
    ['a deadlock', errorWith('40P01')],
    ['an update of TimescaleDB', errorWith('42710', '"timescaledb" already loaded with a different version')],
    [
      'a cut connection, which the driver names by text only',
      new Error('Connection terminated unexpectedly'),
    ],
  ])('calls %s unavailable and says when to come back', (_case, error) => {
    const mapped = toEngineError(error);
    expect(mapped).toMatchObject({
      kind: 'unavailable',
      code: 'OPS_ENGINE_UNAVAILABLE',
      retryAfterSeconds: 2,
      cause: error,
    });
  });

  it.each([
    ['28P01', /refuses the user name or the password: give the role/],
    ['28000', /refuses the user name or the password/],
    ['3D000', /does not exist: create it/],
    ['42501', /grant it all rights/],
    ['42710', /TimescaleDB was updated .* the next one has the new version/],
    ['42P01', /schema .* is missing or older .*: run opspilot migrate/],
    ['42703', /schema .* is missing or older .*: run opspilot migrate/],
    ['25006', /point DATABASE_URL .* at the primary/],
    ['53100', /disk of the database is full: free space/],
    ['53200', /out of memory, or of room for locks: .* raise its max_locks_per_transaction/],
    ['53300', /raise its max_connections/],
    ['57014', /did not answer in time/],
    ['40P01', /another transaction .* was in the way: the same may work in a moment/],
    ['55P03', /another transaction .* was in the way/],
    ['57P03', /does not answer: start it/],
    ['ECONNREFUSED', /does not answer: start it/],
    ['EMFILE', /this process may open no more connections and files: raise its limit/],
  ])('says of %s in plain words what to do', (code, words) => {
    expect(toEngineError(errorWith(code)).message).toMatch(words);
  });

  it.each([
    ['a duplicate key', errorWith('23505')],
    ['a syntax error', errorWith('42601')],
    ['a bug of ours', new TypeError('x is not a function')],
  ])('rethrows %s as it is', (_case, error) => {
    expect(() => toEngineError(error)).toThrow(error);
  });

  it('keeps an OpsError', () => {
    const error = new OpsError('not_found', 'OPS_LOG_NOT_FOUND', 'x');
    expect(toEngineError(error)).toBe(error);
  });

  it('maps what the driver really throws when nothing listens', async () => {
    const pool = createPool({ ...options, url: 'postgres://postgres@127.0.0.1:1/postgres' });
    await expect(onEngine(() => pool.query('SELECT 1'))).rejects.toMatchObject({ kind: 'unavailable' });
    await pool.end();
  });

  it('maps what the driver really throws when a statement takes too long', async () => {
    const database = await createTestDatabase();
    const pool = createPool({ ...options, url: database.url, statementTimeoutMs: 100 });
    await expect(onEngine(() => pool.query('SELECT pg_sleep(5)'))).rejects.toMatchObject({
      kind: 'unavailable',
      cause: { code: '57014' },
    });
    await pool.end();
    await database.drop();
  });

  it('maps what the driver really throws when the server ends the connection', async () => {
    const database = await createTestDatabase();
    const pool = createPool({ ...options, url: database.url, statementTimeoutMs: 20_000 });
    const sleeping = expect(onEngine(() => pool.query('SELECT pg_sleep(20)'))).rejects.toMatchObject({
      kind: 'unavailable',
    });
    const other = new Client({ connectionString: database.url });
    await other.connect();
    await waitFor('the sleeping backend to be ended', async () => {
      const { rowCount } = await other.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      );
      return rowCount === 1 ? true : undefined;
    });
    await sleeping;
    await other.end();
    await pool.end();
    await database.drop();
  });
});
