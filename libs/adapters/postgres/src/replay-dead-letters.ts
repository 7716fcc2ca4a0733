import type { Pool } from 'pg';
import type { IngestQueueName } from '../../../core/src/ingest/ingest-queue.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { NEWEST_DEAD_LETTER, REPLAY_SOME_DEAD_LETTERS } from './ingest-queue-statements';

export interface DeadLetterReplay {
  readonly scope: ProjectScope;
  readonly queue: IngestQueueName;
  /** Undefined for all of the project's. */
  readonly deadLetterIds: readonly string[] | undefined;
  /** After some were put back. */
  readonly onStep: () => void;
}

/** What one step has put back. */
interface Step {
  readonly count: number;
  /** Of those that it looked at; null where nothing was left. */
  readonly lastId: number | null;
}

/** Of one step, which is done as a whole or not at all: all of them in one would be stopped where they take longer than a statement may. */
const MAX_LETTERS = 1000;
const MAX_BYTES = 16 * 1024 * 1024;

/** Puts dead letters back into their queue, the oldest first. Returns how many. Errors: those of the driver; a repeat then goes on. */
export async function replayDeadLetters(pool: Pool, replay: DeadLetterReplay): Promise<number> {
  const { scope, queue, onStep } = replay;
  const newest = await pool.query<{ id: number | null }>(NEWEST_DEAD_LETTER, [scope.projectId, queue]);
  // What fails once more meanwhile stays.
  const upToId = newest.rows[0]?.id ?? 0;
  let replayed = 0;
  for (let afterId = 0; afterId < upToId;) {
    const { count, lastId } = await replaySome(pool, replay, afterId, upToId);
    replayed += count;
    afterId = lastId ?? upToId;
    onStep();
  }
  return replayed;
}

async function replaySome(
  pool: Pool,
  { scope, queue, deadLetterIds }: DeadLetterReplay,
  afterId: number,
  upToId: number,
): Promise<Step> {
  const values = [scope.projectId, queue, deadLetterIds ?? null, afterId, upToId, MAX_LETTERS, MAX_BYTES];
  const { rows } = await pool.query<Step>(REPLAY_SOME_DEAD_LETTERS, values);
  return rows[0] ?? { count: 0, lastId: null };
}
