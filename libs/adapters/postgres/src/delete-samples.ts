import type { Pool } from 'pg';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { GoOn } from '../../../core/src/projects/retention';
import { always } from './delete-before';
import { onEngine } from './engine-error';
import { instantValue } from './instant-value';
import { withTransaction } from './transaction';

interface SeriesAge {
  readonly id: number;
  readonly first_at: Date | null;
}

const DAY_MS = 86_400_000;
const SERIES_PER_LOOK = 500;

/** $1 series, $2 instant. For each series a look into the index of each partition. */
const FIRST_BEFORE = `
  SELECT (
    SELECT samples.timestamp FROM samples WHERE samples.series_id = wanted.id AND samples.timestamp < $2
    ORDER BY samples.timestamp LIMIT 1
  ) AS first_at, wanted.id
  FROM unnest($1::bigint[]) AS wanted (id)`;
const OLDEST = `
  SELECT min(first.timestamp) AS oldest FROM series CROSS JOIN LATERAL (
    SELECT samples.timestamp FROM samples WHERE samples.series_id = series.id ORDER BY samples.timestamp LIMIT 1
  ) AS first
  WHERE series.project_id = $1`;
const NEXT_SERIES = 'SELECT id FROM series WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3';
/** One series: then TimescaleDB opens no compressed rows of others. */
const DELETE_SLICE = 'DELETE FROM samples WHERE series_id = $1 AND timestamp >= $2 AND timestamp < $3';
/** TimescaleDB refuses to open more than 100,000 compressed rows; a series has more in a day where it has one a second. */
const ANY_NUMBER = `SELECT set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)`;

/** Epoch milliseconds of the project's oldest sample, rounded down. */
export async function oldestSample(pool: Pool, { projectId }: ProjectScope): Promise<number | undefined> {
  const { rows } = await onEngine(() => pool.query<{ oldest: Date | null }>(OLDEST, [projectId]));
  return rows[0]?.oldest?.getTime();
}

/**
 * Deletes a project's samples with an older timestamp, a day of a series at a time; asks after each whether to go on. Returns
 * how many there were. Where it breaks off, a repeat goes on.
 */
export async function deleteSamplesBefore(
  pool: Pool,
  { projectId }: ProjectScope,
  beforeMs: number,
  goOn: GoOn = always,
): Promise<number> {
  let deleted = 0;
  for (let after = 0; ;) {
    const { rows: page } = await onEngine(() =>
      pool.query<{ id: number }>(NEXT_SERIES, [projectId, after, SERIES_PER_LOOK]),
    );
    for (const id of await withSamplesBefore(
      pool,
      page.map((row) => row.id),
      beforeMs,
    ))
      for (;;) {
        const count = await deleteFirstDay(pool, id, beforeMs);
        if (count === undefined) break;
        deleted += count;
        if (!(await goOn(count))) return deleted;
      }
    const last = page.at(-1);
    if (last === undefined || page.length < SERIES_PER_LOOK) return deleted;
    after = last.id;
  }
}

async function withSamplesBefore(
  pool: Pool,
  ids: readonly number[],
  beforeMs: number,
): Promise<readonly number[]> {
  const { rows } = await onEngine(() => pool.query<SeriesAge>(FIRST_BEFORE, [ids, instantValue(beforeMs)]));
  return rows.flatMap(({ id, first_at: firstAt }) => (firstAt === null ? [] : [id]));
}

/** Returns how many samples it deleted; undefined where the series has none before that instant. */
async function deleteFirstDay(pool: Pool, id: number, beforeMs: number): Promise<number | undefined> {
  return onEngine(async () => {
    const { rows } = await pool.query<SeriesAge>(FIRST_BEFORE, [[id], instantValue(beforeMs)]);
    const firstAt = rows[0]?.first_at ?? null;
    if (firstAt === null) return undefined;
    const startMs = Math.floor(firstAt.getTime() / DAY_MS) * DAY_MS;
    const endMs = Math.min(startMs + DAY_MS, beforeMs);
    return withTransaction(pool, async (client) => {
      await client.query(ANY_NUMBER);
      const { rowCount } = await client.query(DELETE_SLICE, [id, instantValue(startMs), instantValue(endMs)]);
      return rowCount ?? 0;
    });
  });
}
