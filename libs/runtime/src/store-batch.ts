import { isWhole, pickLines } from '../../contracts/src/ndjson';
import { OpsError } from '../../core/src/common/errors';
import type { IngestQueue, IngestQueueName } from '../../core/src/ingest/ingest-queue.port';
import { planDeadLetters } from '../../core/src/ingest/plan-dead-letters';
import type { EncodedBatch, WriteOutcome } from '../../core/src/ingest/write-outcome';
import type { SpareRooms } from '../../core/src/common/spare-rooms';
import { type ProjectScope, scopeOfProject } from '../../core/src/projects/project-scope';
import { type DeliveryBatch, linesOf } from './batcher';

export type WriteBatch = (scope: ProjectScope, batch: EncodedBatch) => Promise<WriteOutcome>;

/** What became of a batch: its deliveries are acknowledged, or still to be given back. */
export type BatchOutcome =
  | ({ readonly outcome: 'stored' } & Omit<WriteOutcome, 'rejected'> & { readonly rejected: number })
  /** Nothing wrong with the batch: the engine does not answer. */
  | { readonly outcome: 'unavailable'; readonly error: OpsError }
  | { readonly outcome: 'failed'; readonly error: unknown };

/**
 * Writes a batch, sets aside the lines that the store refused, and only then acknowledges. Done again after a failure in
 * between, it changes nothing more: stores keep an id once.
 */
export async function storeBatch(
  queue: IngestQueue,
  queueName: IngestQueueName,
  write: WriteBatch,
  batch: DeliveryBatch,
  rooms: SpareRooms,
): Promise<BatchOutcome> {
  const scope = scopeOfProject(batch.projectId);
  try {
    requireWhole(batch);
    const lines = linesOf(batch, rooms);
    const { written, duplicates, rejected } = await write(scope, lines);
    for (const { indices, reason } of planDeadLetters(rejected))
      await queue.deadLetter(scope, queueName, pickLines(lines, indices), reason);
    await queue.acknowledge(queueName, batch.deliveries);
    // Not after a failure: what failed may read on for a while.
    if (lines.room !== undefined) rooms.giveBack(lines.room);
    return { outcome: 'stored', written, duplicates, rejected: rejected.length };
  } catch (error) {
    const isUnavailable = error instanceof OpsError && error.kind === 'unavailable';
    return isUnavailable ? { outcome: 'unavailable', error } : { outcome: 'failed', error };
  }
}

/**
 * What another program put into a queue may hold other lines than it says. Written with others, its last line would become one with
 * their first, and be refused with it; a count in the millions takes the memory of as many lines.
 * Errors: Error, by which its messages are written one by one and those that are whole are stored.
 */
function requireWhole({ deliveries }: DeliveryBatch): void {
  for (const { message } of deliveries)
    if (!isWhole(message))
      throw new Error(`the message does not hold the ${message.recordCount} whole lines that it says`);
}
