import { type CustomTypesConfig, Pool, types } from 'pg';

export interface PoolOptions {
  readonly url: string;
  /** Connections at most. */
  readonly size: number;
  readonly statementTimeoutMs: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Told when a connection that nobody was using breaks. The pool replaces it by itself. */
  readonly onIdleError?: (error: Error) => void;
}

/** Until the server has let us in: one that hangs takes connections all the same. */
export const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
/** How much longer the client waits than the server: only a server that is gone makes the client give up first. */
const ANSWER_GRACE_MS = 5_000;

/**
 * In place of what PGOPTIONS asks for, which is about other programs. jit: statements here are short, compiling them costs
 * more than it saves. synchronous_commit: a 202 is a receipt, also where the server's own default is laxer.
 * client_min_messages: PostgreSQL notes every word too long to be indexed. tcp_keepalives_…: connections of a machine that is gone
 * without a word end after two minutes, with the locks that they hold; by default that is after two hours.
 */
export const SESSION_SETTINGS = [
  ...['-c TimeZone=UTC', '-c jit=off', '-c synchronous_commit=on', '-c client_min_messages=warning'],
  ...['-c tcp_keepalives_idle=60', '-c tcp_keepalives_interval=10', '-c tcp_keepalives_count=6'],
].join(' ');

/** Counts and sizes are far below 2^53; the driver's default of strings for int8 invites '1' + 1. */
const parsers: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === types.builtins.INT8 && format !== 'binary'
      ? (text: string) => Number(text)
      : types.getTypeParser(oid, format)) as CustomTypesConfig['getTypeParser'],
};

/** Connections to one PostgreSQL: bigint as number, NUMERIC as text, time zone UTC. End it with `pool.end()`. */
export function createPool(options: PoolOptions): Pool {
  const pool = new Pool({
    connectionString: options.url,
    max: options.size,
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + ANSWER_GRACE_MS,
    // Of a process that stands still, or whose machine is gone: what it has locked, another one is waiting for that took its place.
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    keepAlive: true,
    types: parsers,
    options: SESSION_SETTINGS,
  });
  // Without a listener the process would end when PostgreSQL restarts.
  pool.on('error', (error) => options.onIdleError?.(error));
  return pool;
}
