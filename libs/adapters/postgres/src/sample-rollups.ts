import type { Pool } from 'pg';
import type { TimeRange } from '../../../core/src/common/time-range';
import type { Aggregation } from '../../../core/src/metrics/metric-query';
import { sqlStateOf } from './engine-error';
import { type Rollup, ROLLUPS } from './timescale-samples';

/** A rollup, and the part of a range that lies between its buckets' edges; what is before and after is read from the samples. */
export interface RollupRange {
  readonly rollup: Rollup;
  readonly inner: TimeRange;
}

interface RolledUpQuery {
  readonly range: TimeRange;
  readonly bucketSeconds: number;
  readonly aggregation: Aggregation;
}

/** Class of SQLSTATE: no such table, column or function, or no right to it. */
const WRONG_STATEMENT = '42';
/** For fewer buckets, reading the samples is as quick. */
const MIN_BUCKETS = 10;
/** Quantiles cannot be had from aggregates. */
const FROM_ROLLUPS: ReadonlySet<Aggregation> = new Set(['avg', 'sum', 'min', 'max', 'count', 'last']);

/** The coarsest rollup that answers a query as its samples do; undefined where none does. */
export function chooseRollup({ range, bucketSeconds, aggregation }: RolledUpQuery): RollupRange | undefined {
  if (!FROM_ROLLUPS.has(aggregation)) return undefined;
  for (const rollup of [...ROLLUPS].reverse()) {
    if (bucketSeconds % rollup.seconds !== 0) continue;
    const widthMs = rollup.seconds * 1000;
    const inner = {
      fromMs: Math.ceil(range.fromMs / widthMs) * widthMs,
      toMs: Math.floor(range.toMs / widthMs) * widthMs,
    };
    if (inner.toMs - inner.fromMs >= MIN_BUCKETS * widthMs) return { rollup, inner };
  }
  return undefined;
}

/**
 * Ranges that were written to, or deleted from, after they had been aggregated, and not aggregated again yet. Beyond
 * the watermark the view reads the samples, so what changed there does not matter.
 */
const HAS_CHANGED = `
  SELECT EXISTS (
    SELECT FROM _timescaledb_catalog.continuous_agg agg
    CROSS JOIN LATERAL (
      SELECT lowest_modified_value AS lowest, greatest_modified_value AS greatest
      FROM _timescaledb_catalog.continuous_aggs_hypertable_invalidation_log
      WHERE hypertable_id = agg.raw_hypertable_id
      UNION ALL
      SELECT lowest_modified_value, greatest_modified_value
      FROM _timescaledb_catalog.continuous_aggs_materialization_invalidation_log
      WHERE materialization_id = agg.mat_hypertable_id
      UNION ALL
      SELECT lowest_modified_value, greatest_modified_value
      FROM _timescaledb_catalog.continuous_aggs_materialization_ranges
      WHERE materialization_id = agg.mat_hypertable_id
    ) changed
    WHERE agg.user_view_schema = current_schema() AND agg.user_view_name = $1
      AND changed.greatest >= $2::bigint
      AND changed.lowest < least($3::bigint, _timescaledb_functions.cagg_watermark(agg.mat_hypertable_id))
  ) AS has_changed`;

/**
 * Whether a rollup lags behind its samples in that range: late samples that it does not count yet. Also where a release of
 * TimescaleDB keeps its log of changes elsewhere: then nobody knows, and the samples themselves are right.
 */
export async function isBehind(pool: Pool, { rollup, inner }: RollupRange): Promise<boolean> {
  try {
    const { rows } = await pool.query<{ has_changed: boolean }>(HAS_CHANGED, [
      rollup.view,
      toMicros(inner.fromMs),
      toMicros(inner.toMs),
    ]);
    return rows[0]?.has_changed !== false;
  } catch (error) {
    if (sqlStateOf(error)?.startsWith(WRONG_STATEMENT) === true) return true;
    throw error;
  }
}

/** As text: a double cannot hold the microseconds of every instant. */
function toMicros(epochMs: number): string {
  return `${BigInt(epochMs) * 1000n}`;
}
