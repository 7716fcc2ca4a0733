import { OpsError } from '../../../core/src/common/errors';
import { describeDatabaseProblem } from './describe-database-problem';

/** Classes of SQLSTATE that speak of the server and not of the statement: connection, login, resources, operator, system. */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '53', '57', '58']);
/**
 * Serialization failure, deadlock, lock timeout, read-only standby after a failover, a transaction in which this process stood
 * still, a database or a right that somebody has taken away, a connection that is older than TimescaleDB's update: the same
 * call may work next time.
 */
const UNAVAILABLE_STATES = new Set(['40001', '40P01', '55P03', '25006', '25P03', '3D000', '42501', '42710']);
/** No such table or column: the statements are those of this version, so the schema is not. */
const SCHEMA_STATES = new Set(['42P01', '42703']);
const UNAVAILABLE_NODE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  // Of this process, for which the server cannot be asked either.
  'EMFILE',
  'ENFILE',
]);
/** The driver gives these no code, so its text is all there is. */
const DRIVER_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (has encountered a connection error|was closed)|Cannot use a pool after calling end)/;
/** Node's own codes begin with E, which no class of SQLSTATE does. */
const SQLSTATE = /^(?:\d[0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/;
const RETRY_AFTER_SECONDS = 2;
const QUERY_CANCELED = '57014';

/** The five characters by which PostgreSQL names an error; undefined for errors of other origin. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && SQLSTATE.test(code) ? code : undefined;
}

/** True where PostgreSQL could not be asked or could not answer now; false where it judged the statement. */
export function isEngineUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined && UNAVAILABLE_NODE_CODES.has(code)) return true;
  const state = sqlStateOf(error);
  if (state !== undefined) return UNAVAILABLE_STATES.has(state) || UNAVAILABLE_CLASSES.has(state.slice(0, 2));
  return error instanceof Error && DRIVER_MESSAGES.test(error.message);
}

/** True where PostgreSQL said nothing at all: the connection broke, or there was no answer in time. */
export function isUnanswered(error: unknown): boolean {
  return sqlStateOf(error) === undefined && isEngineUnavailable(error);
}

/**
 * `throw toEngineError(error)`: connection problems, timeouts and a schema that is not there yet become OpsError `unavailable`.
 * An OpsError is returned as it is. Errors: anything else is rethrown as it is, for it is a mistake of ours or of the data.
 */
export function toEngineError(error: unknown): OpsError {
  if (error instanceof OpsError) return error;
  const state = sqlStateOf(error) ?? '';
  if (!isEngineUnavailable(error) && !SCHEMA_STATES.has(state)) throw error;
  return engineUnavailable(describeDatabaseProblem(codeOf(error) ?? ''), error);
}

/** True where PostgreSQL ended a statement that took longer than its timeout. */
export function isTimedOut(error: unknown): boolean {
  return sqlStateOf(error) === QUERY_CANCELED;
}

/** For what keeps PostgreSQL from serving us, in words that say what to do. */
export function engineUnavailable(message: string, cause?: unknown): OpsError {
  return new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', message, {
    cause,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

/** Runs a call to PostgreSQL and maps its errors with toEngineError. */
export async function onEngine<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw toEngineError(error);
  }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
