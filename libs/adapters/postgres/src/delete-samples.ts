import type { Pool } from 'pg';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { always, type GoOn } from '../../../core/src/projects/retention';
import type { DroppableDays } from './drop-days';
import { onEngine, sqlStateOf } from './engine-error';
import { instantValue } from './instant-value';
import { withTransaction } from './transaction';

interface SeriesAge {
  readonly id: number;
  readonly first_at: Date | null;
}

/** The series of these that have older samples, and the instant of the first of all (epoch milliseconds). */
interface AgedSeries {
  readonly ids: readonly number[];
  readonly firstMs: number;
}

const DAY_MS = 86_400_000;
const SERIES_PER_LOOK = 500;
/** With a sample a second each, they have 864,000 in a day. Where that takes too long, a portion is a part of the day. */
const SERIES_PER_PORTION = 10;
/** Halves of a day, of halves of a day, for as long as they are whole milliseconds. */
const SHORTEST_PORTION_MS = DAY_MS / 1024;
/** PostgreSQL ends a statement that takes longer than its timeout. */
const QUERY_CANCELED = '57014';

/** $1 series, $2 instant. For each series a look into the index of each partition. */
const FIRST_BEFORE = `
  SELECT (
    SELECT samples.timestamp FROM samples WHERE samples.series_id = wanted.id AND samples.timestamp < $2
    ORDER BY samples.timestamp LIMIT 1
  ) AS first_at, wanted.id
  FROM unnest($1::bigint[]) AS wanted (id)`;
const OLDEST_WITHIN = `
  SELECT min(first.timestamp) AS oldest FROM series CROSS JOIN LATERAL (
    SELECT samples.timestamp FROM samples
    WHERE samples.series_id = series.id AND samples.timestamp >= $2 AND samples.timestamp < $3
    ORDER BY samples.timestamp LIMIT 1
  ) AS first
  WHERE series.project_id = $1`;
const NEXT_SERIES = 'SELECT id FROM series WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3';
/** By series: then TimescaleDB opens no compressed rows of others. */
const DELETE_PORTION = `
  DELETE FROM samples WHERE series_id = ANY($1::bigint[]) AND timestamp >= $2 AND timestamp < $3`;
/** TimescaleDB refuses to open more than 100,000 compressed rows at once. A portion bounds them already. */
const ANY_NUMBER = `SELECT set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)`;

/**
 * Epoch milliseconds of the project's oldest sample, rounded down. Looked for day by day, since each look costs a step for each
 * series and day (10,000 series, 90 days: 2.4 s in one statement).
 */
export async function oldestSample(
  pool: Pool,
  days: DroppableDays,
  { projectId }: ProjectScope,
): Promise<number | undefined> {
  return onEngine(async () => {
    const stored = await days.list(pool, Number.MAX_SAFE_INTEGER);
    let fromMs = Number.MIN_SAFE_INTEGER;
    for (const toMs of [...stored.map(({ endMs }) => endMs), Number.MAX_SAFE_INTEGER]) {
      const { rows } = await pool.query<{ oldest: Date | null }>(OLDEST_WITHIN, [
        projectId,
        instantValue(fromMs),
        instantValue(toMs),
      ]);
      const oldest = rows[0]?.oldest ?? null;
      if (oldest !== null) return oldest.getTime();
      fromMs = toMs;
    }
    return undefined;
  });
}

/**
 * Deletes a project's samples with an older timestamp, a day of a few series at a time, or as much of it as the statement's
 * timeout allows; asks after each whether to go on.
 * Returns how many there were. Where it breaks off, a repeat goes on.
 */
export async function deleteSamplesBefore(
  pool: Pool,
  scope: ProjectScope,
  beforeMs: number,
  goOn: GoOn = always,
): Promise<number> {
  let deleted = 0;
  for await (const count of portions(pool, scope, beforeMs)) {
    deleted += count;
    if (!(await goOn(count))) break;
  }
  return deleted;
}

/** Deletes, and yields how many, portion by portion. */
async function* portions(pool: Pool, { projectId }: ProjectScope, beforeMs: number): AsyncGenerator<number> {
  let after = 0;
  let spanMs = DAY_MS;
  for (;;) {
    const { rows: page } = await onEngine(() =>
      pool.query<{ id: number }>(NEXT_SERIES, [projectId, after, SERIES_PER_LOOK]),
    );
    const pageIds = page.map(({ id }) => id);
    const aged = (await seriesBefore(pool, pageIds, beforeMs))?.ids ?? [];
    for (let from = 0; from < aged.length; from += SERIES_PER_PORTION) {
      const ids = aged.slice(from, from + SERIES_PER_PORTION);
      for (;;) {
        const left = await seriesBefore(pool, ids, beforeMs);
        if (left === undefined) break;
        const count = await deleteFirst(pool, left, spanMs, beforeMs);
        if (count === undefined) spanMs /= 2;
        else yield count;
      }
    }
    if (page.length < SERIES_PER_LOOK) return;
    after = pageIds.at(-1) ?? after;
  }
}

async function seriesBefore(
  pool: Pool,
  ids: readonly number[],
  beforeMs: number,
): Promise<AgedSeries | undefined> {
  const { rows } = await onEngine(() => pool.query<SeriesAge>(FIRST_BEFORE, [ids, instantValue(beforeMs)]));
  const aged = rows.flatMap(({ id, first_at: firstAt }) =>
    firstAt === null ? [] : [{ id, firstMs: firstAt.getTime() }],
  );
  if (aged.length === 0) return undefined;
  return { ids: aged.map(({ id }) => id), firstMs: Math.min(...aged.map(({ firstMs }) => firstMs)) };
}

/** Deletes what lies in the span of the first sample; undefined where that takes too long, and a shorter span is to be tried. */
async function deleteFirst(
  pool: Pool,
  { ids, firstMs }: AgedSeries,
  spanMs: number,
  beforeMs: number,
): Promise<number | undefined> {
  const startMs = Math.floor(firstMs / spanMs) * spanMs;
  const endMs = Math.min(startMs + spanMs, beforeMs);
  return onEngine(async () => {
    try {
      return await withTransaction(pool, async (client) => {
        await client.query(ANY_NUMBER);
        const { rowCount } = await client.query(DELETE_PORTION, [
          ids,
          instantValue(startMs),
          instantValue(endMs),
        ]);
        return rowCount ?? 0;
      });
    } catch (error) {
      if (sqlStateOf(error) === QUERY_CANCELED && spanMs > SHORTEST_PORTION_MS) return undefined;
      throw error;
    }
  });
}
