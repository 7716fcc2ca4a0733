import type { Pool } from 'pg';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { copyFrom } from './copy-from';
import { sqlStateOf } from './engine-error';
import { encodeSampleRows, type SampleColumns, inOrderOfKey, portionsOfDays } from './sample-rows';
import { oneWhileThere, type SeriesMark } from './series-mark';
import { TwoGenerationMap } from './two-generation-map';

const COPY_SAMPLES = 'COPY samples (series_id, timestamp, value) FROM STDIN (FORMAT binary)';
/** Before the mark is looked at: from then on it stays as it is (`forget-series.ts`). INSERT takes the same lock before it begins. */
const KEEP_MARK = 'LOCK TABLE ONLY samples IN ROW EXCLUSIVE MODE';
const INSERT_SAMPLES = `
  INSERT INTO samples (series_id, timestamp, value)
  SELECT series_id, to_timestamp(at_ms::double precision / 1000), value
  FROM unnest($1::bigint[], $2::bigint[], $3::double precision[]) AS sample (series_id, at_ms, value)
  WHERE (${oneWhileThere('$4::bigint', '$5::bigint', '$6::bigint')}) = 1
  ON CONFLICT DO NOTHING`;
/** A sample is there already; or somebody writes the same ones just now, in another order. */
const CONFLICTS = new Set(['23505', '40P01']);
/** A COPY that fails has cost as much as one that does not. */
const BATCHES_WITH_CARE = 20;
/**
 * TimescaleDB makes a chunk for each new day: 5 to 10 ms and eight locks, which are kept until the statement ends. In one statement, samples of
 * 6,000 days take longer than it may; and whatever fails with too many days fails again.
 */
const DAYS_PER_STATEMENT = 100;
const KNOWN_PROJECTS = 1000;

/**
 * Writes samples that are nearly always new: with COPY, which takes half of what INSERT … ON CONFLICT takes and fails as a whole where one of
 * them is there already. Then, and for some batches of that project after the last one that held such samples, it
 * writes with ON CONFLICT.
 */
export class SampleWriter {
  /** Batches that are still to be written with care, by project. */
  private readonly withCare = new TwoGenerationMap<number>(KNOWN_PROJECTS);

  constructor(private readonly pool: Pool) {}

  /**
   * Returns how many are new. Samples of very many days are written in several transactions. Errors: those of the driver; one that isMarkGone
   * knows where the mark's row is not there. What was written before an error stays, and is there already when the batch is written again.
   */
  async write(scope: ProjectScope, columns: SampleColumns, mark: SeriesMark): Promise<number> {
    let written = 0;
    for (const order of portionsOfDays(columns, inOrderOfKey(columns), DAYS_PER_STATEMENT))
      written += await this.writePortion(scope, columns, order, mark);
    return written;
  }

  private async writePortion(
    { projectId }: ProjectScope,
    columns: SampleColumns,
    order: readonly number[],
    mark: SeriesMark,
  ): Promise<number> {
    const left = this.withCare.get(projectId) ?? 0;
    if (left === 0) {
      const copied = await this.copy(columns, order, mark);
      if (copied !== undefined) return copied;
    }
    const written = await this.insert(columns, order, mark);
    const hadConflict = left === 0 || written < order.length;
    this.withCare.set(projectId, hadConflict ? BATCHES_WITH_CARE : left - 1);
    return written;
  }

  /** Undefined where a sample is there already: then none of them is written. */
  private async copy(
    columns: SampleColumns,
    order: readonly number[],
    { id, createdMicros, forgottenMicros }: SeriesMark,
  ): Promise<number | undefined> {
    // All are numbers: a statement before COPY, in the same message and so in the same transaction, takes no parameters.
    const check = oneWhileThere(`${id}`, `${createdMicros}`, `${forgottenMicros}`);
    try {
      const statements = `${KEEP_MARK}; ${check}; ${COPY_SAMPLES}`;
      return await copyFrom(this.pool, statements, encodeSampleRows(columns, order));
    } catch (error) {
      if (CONFLICTS.has(sqlStateOf(error) ?? '')) return undefined;
      throw error;
    }
  }

  /** Numbers need no quoting in an array's text form, which is much faster to write than the driver's own way. */
  private async insert(
    { seriesIds, atMs, values }: SampleColumns,
    order: readonly number[],
    { id, createdMicros, forgottenMicros }: SeriesMark,
  ): Promise<number> {
    const inOrder = (column: readonly number[]) => `{${order.map((index) => column[index]).join(',')}}`;
    const { rowCount } = await this.pool.query(INSERT_SAMPLES, [
      inOrder(seriesIds),
      inOrder(atMs),
      inOrder(values),
      id,
      createdMicros,
      forgottenMicros,
    ]);
    return rowCount ?? 0;
  }
}
