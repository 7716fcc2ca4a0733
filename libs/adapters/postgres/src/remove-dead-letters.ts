import type { Pool } from 'pg';
import type { IngestQueueName } from '../../../core/src/ingest/ingest-queue.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import {
  DISCARD_SOME_DEAD_LETTERS,
  NEWEST_DEAD_LETTER,
  REPLAY_SOME_DEAD_LETTERS,
} from './ingest-queue-statements';

export interface DeadLetterRemoval {
  readonly scope: ProjectScope;
  readonly queue: IngestQueueName;
  /** Undefined for all of the project's. */
  readonly deadLetterIds: readonly string[] | undefined;
  /** Whether they go back into their queue, or are given up. */
  readonly to: 'queue' | 'nowhere';
  /** After some were removed. */
  readonly onStep?: () => void;
}

/** What one step has removed. */
interface Step {
  readonly count: number;
  /** Of those that it looked at; null where nothing was left. */
  readonly lastId: number | null;
}

/** Of one step, which is done as a whole or not at all: all of them in one would be stopped where they take longer than a statement may. */
const MAX_LETTERS = 1000;
const MAX_BYTES = 16 * 1024 * 1024;

/** Removes dead letters, the oldest first. Returns how many. Errors: those of the driver; a repeat then goes on. */
export async function removeDeadLetters(pool: Pool, removal: DeadLetterRemoval): Promise<number> {
  const { scope, queue, onStep } = removal;
  const newest = await pool.query<{ id: number | null }>(NEWEST_DEAD_LETTER, [scope.projectId, queue]);
  // What fails once more meanwhile stays.
  const upToId = newest.rows[0]?.id ?? 0;
  let removed = 0;
  for (let afterId = 0; afterId < upToId;) {
    const { count, lastId } = await removeSome(pool, removal, afterId, upToId);
    removed += count;
    afterId = lastId ?? upToId;
    onStep?.();
  }
  return removed;
}

async function removeSome(
  pool: Pool,
  { scope, queue, deadLetterIds, to }: DeadLetterRemoval,
  afterId: number,
  upToId: number,
): Promise<Step> {
  const statement = to === 'queue' ? REPLAY_SOME_DEAD_LETTERS : DISCARD_SOME_DEAD_LETTERS;
  const values = [scope.projectId, queue, deadLetterIds ?? null, afterId, upToId, MAX_LETTERS, MAX_BYTES];
  const { rows } = await pool.query<Step>(statement, values);
  return rows[0] ?? { count: 0, lastId: null };
}
