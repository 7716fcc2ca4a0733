import type { Client } from 'pg';
import { sqlStateOf } from './engine-error';
import { isTrue } from './is-true';
import { LOCK_TIMEOUT_MS, whenUnlocked } from './when-unlocked';

/** What the index of words over the log records holds. */
export type WordIndexLayout =
  /** The service of each record as well, so that a search by words in a service reads no more than what it finds. */
  | 'words and services'
  /** No more than words: the server has no extension btree_gin, or does not let us create it. */
  | 'words, no btree_gin'
  /** The same, as so many records lie there that indexing them anew would hold up whoever waits for it. */
  | 'words, too many records'
  /** The same, as another process is at it. */
  | 'words, under way';

const WORDS = 'log_records_by_term';
const WORDS_AND_SERVICES = 'log_records_by_service_and_term';
const DEFINITION = 'USING gin (service_name, log_terms(message)) WITH (fastupdate = on)';
/** Any number will do, as long as every process asks for the same one. */
const LOCK_KEY = 7_305_511_905;

const IS_OURS = 'SELECT pg_try_advisory_lock($1)';
const NO_SUCH_TABLE = '42P01';
const IS_GONE = 'SELECT to_regclass($1) IS NULL';
const IS_DONE = `SELECT to_regclass('${WORDS}') IS NULL`;
const IS_SMALL = `
  SELECT coalesce(sum(pg_relation_size(inhrelid)), 0) <= $1
  FROM pg_inherits WHERE inhparent = 'log_records'::regclass`;
const UNINDEXED = `
  SELECT relname AS name FROM pg_inherits JOIN pg_class ON oid = inhrelid
  WHERE inhparent = 'log_records'::regclass AND NOT EXISTS (
    SELECT FROM pg_index JOIN pg_inherits AS part ON part.inhrelid = indexrelid
    WHERE indrelid = pg_class.oid AND part.inhparent = '${WORDS_AND_SERVICES}'::regclass
  )
  ORDER BY relname DESC`;

/**
 * Puts the services into the index of words, where the server can and no more than `maxBytes` of records are there. For the
 * migration, after the schema is there and while no other migration waits for ours; repeating it goes on where it was broken off, or
 * changes nothing. Nobody waits for it but the caller: days are indexed while others read and write them, and until all are, searches use
 * the old index, which then goes. Keeps a lock until the session ends, however it does.
 */
export async function layOutWordIndex(client: Client, maxBytes: number): Promise<WordIndexLayout> {
  const isOurs = await isTrue(client, IS_OURS, [LOCK_KEY]);
  // Not before we ask for the lock: whoever had it may have come to the end meanwhile.
  if (await isTrue(client, IS_DONE)) return 'words and services';
  if (!isOurs) return 'words, under way';
  if (!(await isTrue(client, IS_SMALL, [maxBytes]))) return 'words, too many records';
  if (!(await createExtension(client))) return 'words, no btree_gin';
  // Days that are created from now on have it from the beginning.
  await client.query(`CREATE INDEX IF NOT EXISTS ${WORDS_AND_SERVICES} ON ONLY log_records ${DEFINITION}`);
  const { rows: days } = await client.query<{ name: string }>(UNINDEXED);
  for (const { name } of days) await indexDay(client, name);
  await whenUnlocked(() =>
    client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}; DROP INDEX ${WORDS}; RESET lock_timeout`),
  );
  return 'words and services';
}

/** A day that retention drops meanwhile needs no index any more. */
async function indexDay(client: Client, day: string): Promise<void> {
  // As PostgreSQL calls those that it creates by itself.
  const index = `${day}_service_name_log_terms_idx`;
  try {
    await whenUnlocked(async () => {
      await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
      await client.query(`CREATE INDEX CONCURRENTLY ${index} ON ${day} ${DEFINITION}`);
    });
    await whenUnlocked(() => client.query(`ALTER INDEX ${WORDS_AND_SERVICES} ATTACH PARTITION ${index}`));
  } catch (error) {
    if (sqlStateOf(error) === NO_SUCH_TABLE && (await isTrue(client, IS_GONE, [day]))) return;
    throw error;
  }
}

/** Whoever may create things in a database may create this one, but servers that others run have rules of their own. */
async function createExtension(client: Client): Promise<boolean> {
  try {
    await client.query('CREATE EXTENSION IF NOT EXISTS btree_gin');
    return true;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return false;
  }
}
