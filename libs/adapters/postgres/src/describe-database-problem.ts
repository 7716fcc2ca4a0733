export const SCHEMA_IS_BEHIND =
  'the schema of the database is missing or older than this version of OpsPilot: run opspilot migrate';
/** The SQLSTATE of a write in a transaction that may only read, as on a standby. */
export const READ_ONLY = '25006';
/** The SQLSTATE of a write that found no room. */
export const DISK_FULL = '53100';
const IN_THE_WAY =
  'another transaction of the database was in the way: the same may work in a moment; if it stays so, look for transactions that last (pg_stat_activity)';
const NO_DESCRIPTOR =
  'this process may open no more connections and files: raise its limit (ulimit -n, LimitNOFILE), or let fewer clients keep connections open';
/** By SQLSTATE or its class, or by the code of Node. */
const PROBLEMS: Readonly<Record<string, string>> = {
  '28': 'the database refuses the user name or the password: give the role that password again, or put the right one into DATABASE_URL (or METRIC_STORE_URL) and restart',
  '3D000':
    'the database that DATABASE_URL (or METRIC_STORE_URL) names does not exist: create it and run opspilot migrate',
  '40001': IN_THE_WAY,
  '40P01': IN_THE_WAY,
  '55P03': IN_THE_WAY,
  '42501':
    "the database does not let OpsPilot's role do this: make the role the owner of the tables, or grant it all rights on them, and let it create some in the schema",
  '42710':
    'TimescaleDB was updated while this connection was open: there is nothing to do, the next one has the new version',
  '42P01': SCHEMA_IS_BEHIND,
  '42703': SCHEMA_IS_BEHIND,
  '25P03':
    'this process stood still in the middle of a transaction, which the database ended: the same may work in a moment',
  [READ_ONLY]:
    'the database only lets itself be read: it may be a standby; point DATABASE_URL (or METRIC_STORE_URL) at the primary',
  [DISK_FULL]: 'the disk of the database is full: free space or add some',
  // PostgreSQL says both with this state, and which of them in its own language.
  '53200':
    'the database is out of memory, or of room for locks: give it more, lower its load, or raise its max_locks_per_transaction (TimescaleDB takes some for each chunk)',
  '53300': 'the database has no connection left: raise its max_connections, or lower DATABASE_POOL_SIZE',
  EMFILE: NO_DESCRIPTOR,
  ENFILE: NO_DESCRIPTOR,
  '57014': 'the database did not answer in time (DATABASE_STATEMENT_TIMEOUT_MS): look at its load',
};
const OTHER = 'the database does not answer: start it, or correct DATABASE_URL (or METRIC_STORE_URL)';

/**
 * Why PostgreSQL could not be asked, and what to do, in words for whoever runs OpsPilot.
 * @param code SQLSTATE, or that of Node; empty where there is none
 */
export function describeDatabaseProblem(code: string): string {
  return PROBLEMS[code] ?? PROBLEMS[code.slice(0, 2)] ?? OTHER;
}
