import type { Pool } from 'pg';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { onEngine } from './engine-error';
import { instantValue } from './instant-value';

/** Deleting in portions keeps each statement short of its timeout and its locks brief. */
const PORTION = 10_000;

/**
 * Deletes a project's rows with an older timestamp, by a statement with $1 project, $2 instant, $3 how many at most.
 * Returns how many there were. Where it breaks off, what was deleted so far stays deleted: a repeat goes on.
 */
export async function deleteBefore(
  pool: Pool,
  deleteSome: string,
  { projectId }: ProjectScope,
  beforeMs: number,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rowCount } = await onEngine(() =>
      pool.query(deleteSome, [projectId, instantValue(beforeMs), PORTION]),
    );
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < PORTION) return deleted;
  }
}
