import type { Pool } from 'pg';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { always, type GoOn } from '../../../core/src/projects/retention';
import { onEngine } from './engine-error';
import { instantValue } from './instant-value';
import { whenUnlocked } from './when-unlocked';

/** Deleting in portions keeps each statement short of its timeout and its locks brief. */
const PORTION = 10_000;

/** For deleteBefore, where an index begins with project and instant. Any of them: what nobody reads in the order of time. */
export function deletingSome(table: string, instant: string): string {
  return `
  DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ${table} WHERE project_id = $1 AND ${instant} < $2 LIMIT $3
  ))`;
}

/**
 * Deletes a project's rows with an older timestamp, by a statement with $1 project, $2 instant, $3 how many at most;
 * after each portion it asks whether to go on. Returns how many it deleted. Where it breaks off, a repeat goes on.
 */
export function deleteBefore(
  pool: Pool,
  deleteSome: string,
  { projectId }: ProjectScope,
  beforeMs: number,
  goOn?: GoOn,
): Promise<number> {
  return deleteInPortions(pool, deleteSome, [projectId, instantValue(beforeMs)], goOn);
}

/** The same of any rows, by a statement whose last value is how many at most. */
export async function deleteInPortions(
  pool: Pool,
  deleteSome: string,
  values: readonly unknown[],
  goOn: GoOn = always,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rowCount } = await onEngine(() =>
      whenUnlocked(() => pool.query(deleteSome, [...values, PORTION])),
    );
    const count = rowCount ?? 0;
    deleted += count;
    if (!(await goOn(count)) || count < PORTION) return deleted;
  }
}
