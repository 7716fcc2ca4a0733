import type { Pool } from 'pg';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { always, type GoOn } from '../../../core/src/projects/retention';
import { isTimedOut, onEngine } from './engine-error';
import { instantValue } from './instant-value';
import { withTransaction } from './transaction';
import { LOCK_TIMEOUT_MS, whenUnlocked } from './when-unlocked';

/** How many series a statement is about: halved, for those after it too, where it takes too long. */
interface Portion {
  size: number;
}

interface NextSeries {
  readonly id: number;
  readonly is_unused: boolean;
}

/** Each costs a step for each day that is stored: with 365 that TimescaleDB has compressed all but late samples of, 2 to 42 ms. */
const MOST_PER_STATEMENT = 1000;
const FEWEST_PER_STATEMENT = 10;
/** Each time that some are deleted, all writers look all of theirs up anew. */
const MOST_AT_ONCE = 100_000;

const NEWEST_SAMPLE = (andWhere = '') => `(
    SELECT samples.timestamp FROM samples WHERE samples.series_id = next.id ${andWhere}
    ORDER BY samples.timestamp DESC LIMIT 1
  )`;
/** Most have samples of the last days, which is seen without a look into each of the others. As a CASE and by LIMIT: joined, all samples are read. */
const NEXT_SERIES = `
  SELECT id, CASE
    WHEN ${NEWEST_SAMPLE(`AND samples.timestamp >= now() - interval '2 days'`)} IS NOT NULL THEN false
    ELSE created_at < $3 AND ${NEWEST_SAMPLE()} IS NULL
  END AS is_unused
  FROM (
    SELECT id, created_at FROM series WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $4
  ) AS next ORDER BY id`;
const TELL_TO_GO = `
  UPDATE series SET is_being_forgotten = true WHERE id = ANY($1::bigint[]) AND NOT is_being_forgotten`;
/** From here on, who writes has looked his series up after they were told to go. Readers do not wait. */
const LOCK_OUT_WRITERS = 'LOCK TABLE ONLY samples IN SHARE MODE';
/** Never the same again, whatever the clock does. */
const TELL_WRITERS = `
  UPDATE series_forgetting SET forgotten_at = greatest(clock_timestamp(), forgotten_at + interval '1 microsecond')`;
const DELETE_SOME = `
  DELETE FROM series AS next
  WHERE id = ANY($1::bigint[]) AND is_being_forgotten AND ${NEWEST_SAMPLE()} IS NULL`;

/**
 * Deletes the project's series made before an instant that have no sample any more; returns how many. No sample is written to one that is
 * deleted: they are told to go (`is_being_forgotten`) before writers are made to look up all of theirs anew, which takes it
 * back, and deleted after that. Where it breaks off, a repeat goes on.
 */
export async function forgetSeries(
  pool: Pool,
  scope: ProjectScope,
  madeBeforeMs: number,
  goOn: GoOn = always,
): Promise<number> {
  let forgotten = 0;
  let going: number[] = [];
  const portion: Portion = { size: MOST_PER_STATEMENT };
  for await (const ids of unusedSeries(pool, portion, scope, madeBeforeMs)) {
    await onEngine(() => pool.query(TELL_TO_GO, [ids]));
    going.push(...ids);
    const isGoingOn = await goOn(0);
    if (isGoingOn && going.length < MOST_AT_ONCE) continue;
    forgotten += await deleteThem(pool, portion, going, goOn);
    going = [];
    if (!isGoingOn) return forgotten;
  }
  return forgotten + (await deleteThem(pool, portion, going, goOn));
}

/** Looks at some series at a time, and yields which of them have no sample. */
async function* unusedSeries(
  pool: Pool,
  portion: Portion,
  { projectId }: ProjectScope,
  madeBeforeMs: number,
): AsyncGenerator<readonly number[]> {
  for (let after = 0; ;) {
    const values = [projectId, after, instantValue(madeBeforeMs)];
    const { rows } = await inTime(portion, (size) => pool.query<NextSeries>(NEXT_SERIES, [...values, size]));
    yield rows.flatMap(({ id, is_unused: isUnused }) => (isUnused ? [id] : []));
    if (rows.length < portion.size) return;
    after = rows.at(-1)?.id ?? after;
  }
}

async function deleteThem(pool: Pool, portion: Portion, ids: readonly number[], goOn: GoOn): Promise<number> {
  if (ids.length === 0) return 0;
  await onEngine(() =>
    whenUnlocked(() =>
      withTransaction(pool, async (client) => {
        await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
        await client.query(LOCK_OUT_WRITERS);
        await client.query(TELL_WRITERS);
      }),
    ),
  );
  let deleted = 0;
  for (let from = 0; from < ids.length; from += portion.size) {
    const { rowCount } = await inTime(portion, (size) =>
      pool.query(DELETE_SOME, [ids.slice(from, from + size)]),
    );
    deleted += rowCount ?? 0;
    if (!(await goOn(rowCount ?? 0))) break;
  }
  return deleted;
}

/** What the statement returns for as many series as its timeout allows. */
async function inTime<Answer>(
  portion: Portion,
  statement: (size: number) => Promise<Answer>,
): Promise<Answer> {
  return onEngine(async () => {
    for (;;)
      try {
        return await statement(portion.size);
      } catch (error) {
        const size = Math.floor(portion.size / 2);
        if (!isTimedOut(error) || size < FEWEST_PER_STATEMENT) throw error;
        portion.size = size;
      }
  });
}
