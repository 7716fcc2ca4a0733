import { z } from 'zod';
import { toIso } from '../../core/src/common/time-range';
import { type DeadLetter, INGEST_QUEUES } from '../../core/src/ingest/ingest-queue.port';
import { countParameter, field, text, totals } from './common.contract';

const queue = field(z.enum(INGEST_QUEUES), 'Name of the queue', 'logs.ingest');

export const deadLetterListParameters = z.strictObject({
  queue,
  limit: countParameter({ min: 1, max: 1000, default: 100 }, 'How many at most'),
});
export const replayRequest = z.strictObject({
  queue,
  ids: field(z.array(text(200)).min(1).max(1000), 'Which ones; all of the project where absent', [
    '17',
  ]).optional(),
});

export const deadLetterListResponse = z.object({
  dead_letters: field(
    z.array(
      z.object({
        id: field(z.string(), 'Id of the dead letter', '17'),
        queue,
        reason: field(
          z.string(),
          'Why it was set aside',
          'the log store refuses the record: timestamp out of range',
        ),
        failed_at: field(z.string(), 'When it was set aside', '2026-01-15T12:00:00.000Z'),
        attempts: field(z.int(), 'How often it was delivered', 10),
        record_count: field(z.int(), 'How many records it holds', 3),
        preview: field(z.string(), 'Its first bytes', '{"id":"01bc3d5e8f4a"'),
      }),
    ),
    'What the stores refused',
    [],
  ),
  ...totals,
});
export const replayResponse = z.object({
  replayed: field(z.int(), 'How many went back into their queue', 3),
});

/** `letters` holds up to 1000, of which the first `limit` are shown. */
export function toDeadLetterListResponse(letters: readonly DeadLetter[], limit: number) {
  return {
    dead_letters: letters.slice(0, limit).map((letter) => ({
      id: letter.deadLetterId,
      queue: letter.queue,
      reason: letter.reason,
      failed_at: toIso(letter.failedAtMs),
      attempts: letter.attempts,
      record_count: letter.recordCount,
      preview: letter.preview,
    })),
    total: letters.length,
    next_cursor: null,
  };
}
