import type { Pool } from 'pg';
import type { ProjectId } from '../../../core/src/common/ids';
import type { TimeRange } from '../../../core/src/common/time-range';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { always, type GoOn } from '../../../core/src/projects/retention';
import type { DroppableDays } from './drop-days';
import { isTimedOut, onEngine } from './engine-error';
import { instantValue } from './instant-value';
import { withTransaction } from './transaction';

interface SeriesAge {
  readonly id: number;
  readonly first_at: Date | null;
}

/** Of a project's series; null where it has none. */
interface SeriesIds {
  readonly first: number | null;
  readonly last: number | null;
}

const DAY_MS = 86_400_000;
const SERIES_PER_LOOK = 500;
/** With a sample a second each, they have 864,000 in a day. Where that takes too long, a portion is a part of the day. */
const SERIES_PER_PORTION = 10;
/** Halves of a day, of halves of a day, for as long as they are whole milliseconds. */
const SHORTEST_PORTION_MS = DAY_MS / 1024;

const FIRST_AT = (seriesId: string) => `(
    SELECT samples.timestamp FROM samples
    WHERE samples.series_id = ${seriesId} AND samples.timestamp >= $1 AND samples.timestamp < $2
    ORDER BY samples.timestamp LIMIT 1
  ) AS first_at`;
const FIRST_OF = `SELECT id, ${FIRST_AT('wanted.id')} FROM unnest($3::bigint[]) AS wanted (id)`;
const NEXT_SERIES = `
  SELECT id, ${FIRST_AT('series.id')} FROM series WHERE project_id = $3 AND id > $4 ORDER BY id LIMIT $5`;
const SERIES_IDS = 'SELECT min(id) AS first, max(id) AS last FROM series WHERE project_id = $1';
/** $4 and $5 bound the ids of the project's series. A day that has none of those is done with one step. */
const OLDEST_WITHIN = `
  SELECT min(first.timestamp) AS oldest FROM series CROSS JOIN LATERAL (
    SELECT samples.timestamp FROM samples
    WHERE samples.series_id = series.id AND samples.timestamp >= $2 AND samples.timestamp < $3
    ORDER BY samples.timestamp LIMIT 1
  ) AS first
  WHERE series.project_id = $1 AND EXISTS (
    SELECT FROM samples
    WHERE samples.series_id >= $4 AND samples.series_id <= $5
      AND samples.timestamp >= $2 AND samples.timestamp < $3
  )`;
/** By series: then TimescaleDB opens no compressed rows of others. */
const DELETE_PORTION = `
  DELETE FROM samples WHERE series_id = ANY($1::bigint[]) AND timestamp >= $2 AND timestamp < $3`;
/** TimescaleDB refuses to open more than 100,000 compressed rows at once. A portion bounds them already. */
const ANY_NUMBER = `SELECT set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)`;

/**
 * Epoch milliseconds of the project's oldest sample before an instant, rounded down. Looked for day by day, since each look costs a step for
 * each series and day (10,000 series, 90 days: 2.4 s in one statement). Days before all of its series cost a step each.
 */
export async function oldestSample(
  pool: Pool,
  days: DroppableDays,
  { projectId }: ProjectScope,
  beforeMs = Number.MAX_SAFE_INTEGER,
): Promise<number | undefined> {
  const first = await daysWithSamples(pool, days, projectId, beforeMs).next();
  return first.done === true ? undefined : first.value.oldestMs;
}

/** The days in which the project has samples, the oldest first, each found with one statement. */
async function* daysWithSamples(
  pool: Pool,
  days: DroppableDays,
  projectId: ProjectId,
  beforeMs: number,
): AsyncGenerator<{ readonly range: TimeRange; readonly oldestMs: number }> {
  const [ids] = (await onEngine(() => pool.query<SeriesIds>(SERIES_IDS, [projectId]))).rows;
  if (ids === undefined || ids.first === null) return;
  for (const range of await onEngine(() => dayRanges(pool, days, beforeMs))) {
    const values = [projectId, ...instantsOf(range), ids.first, ids.last];
    const { rows } = await onEngine(() => pool.query<{ oldest: Date | null }>(OLDEST_WITHIN, values));
    const oldest = rows[0]?.oldest ?? null;
    if (oldest !== null) yield { range, oldestMs: oldest.getTime() };
  }
}

/**
 * Deletes a project's samples with an older timestamp, the oldest days first: a day of a few series at a time, or as much of it as the
 * statement's timeout allows; asks after each whether to go on.
 * Returns how many there were. Where it breaks off, a repeat goes on.
 */
export async function deleteSamplesBefore(
  pool: Pool,
  days: DroppableDays,
  scope: ProjectScope,
  beforeMs: number,
  goOn: GoOn = always,
): Promise<number> {
  let deleted = 0;
  for await (const count of portions(pool, days, scope, beforeMs)) {
    deleted += count;
    if (!(await goOn(count))) break;
  }
  return deleted;
}

/**
 * Deletes, and yields how many, portion by portion. Series are gone through only for days that have some: names stay when all their samples
 * are gone, and may be many more than are sent.
 */
async function* portions(
  pool: Pool,
  days: DroppableDays,
  { projectId }: ProjectScope,
  beforeMs: number,
): AsyncGenerator<number> {
  let spanMs = DAY_MS;
  for await (const { range } of daysWithSamples(pool, days, projectId, beforeMs)) {
    const { fromMs, toMs } = range;
    for await (const ids of seriesWithin(pool, projectId, { fromMs, toMs }))
      for (let nextMs = fromMs; nextMs < toMs;) {
        const firstMs = await firstOf(pool, ids, { fromMs: nextMs, toMs });
        if (firstMs === undefined) break;
        const startMs = Math.floor(firstMs / spanMs) * spanMs;
        const portion = { fromMs: startMs, toMs: Math.min(startMs + spanMs, toMs) };
        const count = await deletePortion(pool, ids, portion, spanMs > SHORTEST_PORTION_MS);
        if (count === undefined) spanMs /= 2;
        else {
          yield count;
          nextMs = portion.toMs;
        }
      }
  }
}

/**
 * All of time until then, the oldest first, each with one of the stored days at most and what lies in none before it. A statement about all of them
 * would plan and lock every partition or chunk that there is.
 */
async function dayRanges(pool: Pool, days: DroppableDays, beforeMs: number): Promise<readonly TimeRange[]> {
  const stored = await days.list(pool, beforeMs);
  const ends = [...new Set([...stored.map(({ endMs }) => endMs), beforeMs])];
  return ends.map((toMs, index) => ({ fromMs: ends[index - 1] ?? Number.MIN_SAFE_INTEGER, toMs }));
}

/** The project's series that have samples in the range, a few at a time. */
async function* seriesWithin(
  pool: Pool,
  projectId: ProjectId,
  range: TimeRange,
): AsyncGenerator<readonly number[]> {
  for (let after = 0; ;) {
    const values = [...instantsOf(range), projectId, after, SERIES_PER_LOOK];
    const { rows } = await onEngine(() => pool.query<SeriesAge>(NEXT_SERIES, values));
    const there = rows.flatMap(({ id, first_at: firstAt }) => (firstAt === null ? [] : [id]));
    for (let from = 0; from < there.length; from += SERIES_PER_PORTION)
      yield there.slice(from, from + SERIES_PER_PORTION);
    if (rows.length < SERIES_PER_LOOK) return;
    after = rows.at(-1)?.id ?? after;
  }
}

/** The instant of the first sample that one of these series has in the range. */
async function firstOf(pool: Pool, ids: readonly number[], range: TimeRange): Promise<number | undefined> {
  const { rows } = await onEngine(() => pool.query<SeriesAge>(FIRST_OF, [...instantsOf(range), ids]));
  const found = rows.flatMap(({ first_at: firstAt }) => (firstAt === null ? [] : [firstAt.getTime()]));
  return found.length === 0 ? undefined : Math.min(...found);
}

/** Undefined where that takes too long, and a shorter span is to be tried. */
async function deletePortion(
  pool: Pool,
  ids: readonly number[],
  range: TimeRange,
  mayBeShorter: boolean,
): Promise<number | undefined> {
  return onEngine(async () => {
    try {
      return await withTransaction(pool, async (client) => {
        await client.query(ANY_NUMBER);
        const { rowCount } = await client.query(DELETE_PORTION, [ids, ...instantsOf(range)]);
        return rowCount ?? 0;
      });
    } catch (error) {
      if (isTimedOut(error) && mayBeShorter) return undefined;
      throw error;
    }
  });
}

function instantsOf({ fromMs, toMs }: TimeRange): readonly [from: string, to: string] {
  return [instantValue(fromMs), instantValue(toMs)];
}
