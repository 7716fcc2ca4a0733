import { z } from 'zod';
import { toIso } from '../../core/src/common/time-range';
import {
  type DeadLetter,
  type DeadLetterContent,
  type DeadLetterList,
  INGEST_QUEUES,
} from '../../core/src/ingest/ingest-queue.port';
import { countParameter, field, text, totals } from './common.contract';
import { splitLines } from './ndjson';

const SHOWN_RECORDS = 1000;

const queue = field(z.enum(INGEST_QUEUES), 'Name of the queue', 'logs.ingest');

export const deadLetterListParameters = z.strictObject({
  queue,
  limit: countParameter({ min: 1, max: 1000, default: 100 }, 'How many at most'),
});
const ids = z.array(text(200)).min(1).max(1000);

export const replayRequest = z.strictObject({
  queue,
  ids: field(ids, 'Which ones; all of the project where absent', ['17']).optional(),
});
/** Nobody brings back what is discarded: that all are meant has to be said. */
export const discardRequest = z.strictObject({
  queue,
  ids: field(
    z.union([ids, z.literal('all')], 'must be a list of 1 to 1000 ids, or "all"'),
    'Which ones, or `all` of the project',
    ['17'],
  ),
});

export const deadLetterParameters = z.strictObject({ queue });

const deadLetter = z.object({
  id: field(z.string(), 'Id of the dead letter', '17'),
  queue,
  reason: field(
    z.string(),
    'Why it was set aside',
    'the log store refuses the record: timestamp out of range',
  ),
  queued_at: field(z.string(), 'When its records were put into the queue', '2026-01-15T11:58:00.000Z'),
  failed_at: field(z.string(), 'When it was set aside', '2026-01-15T12:00:00.000Z'),
  attempts: field(z.int(), 'How often it was delivered', 10),
  record_count: field(z.int(), 'How many records it holds', 3),
  preview: field(z.string(), 'Its first bytes', '{"id":"01bc3d5e8f4a"'),
});

export const deadLetterListResponse = z.object({
  dead_letters: field(z.array(deadLetter), 'What the stores refused', []),
  ...totals,
  may_be_more: field(
    z.boolean(),
    'Whether there are, or may be, more than `total` says: at most 1000 are counted, and a broker shows its first 10,000 messages',
    false,
  ),
});
export const deadLetterResponse = deadLetter.extend({
  request_id: field(
    z.string(),
    'The request that brought its records; empty where only some of a batch were refused',
    '6f1b7a52-0d0c-4c0b-9b1e-0f8f5f0c2a11',
  ),
  records: field(
    z.array(z.unknown()),
    `Its records as the store would keep them, the first ${SHOWN_RECORDS}; as text where one is no JSON`,
    [{ id: '01bc3d5e8f4a', message: 'payment failed' }],
  ),
});
export const replayResponse = z.object({
  replayed: field(z.int(), 'How many went back into their queue', 3),
});

export const discardResponse = z.object({
  discarded: field(z.int(), 'How many were given up', 3),
});

/** The first `limit` of the list are shown. */
export function toDeadLetterListResponse({ letters, mayBeMore }: DeadLetterList, limit: number) {
  return {
    dead_letters: letters.slice(0, limit).map(toLetter),
    total: letters.length,
    next_cursor: null,
    may_be_more: mayBeMore,
  };
}

export function toDeadLetterResponse(letter: DeadLetterContent) {
  return {
    ...toLetter(letter),
    request_id: letter.requestId,
    records: splitLines(letter.ndjson).slice(0, SHOWN_RECORDS).map(toRecord),
  };
}

function toLetter(letter: DeadLetter) {
  return {
    id: letter.deadLetterId,
    queue: letter.queue,
    reason: letter.reason,
    queued_at: toIso(letter.queuedAtMs),
    failed_at: toIso(letter.failedAtMs),
    attempts: letter.attempts,
    record_count: letter.recordCount,
    preview: letter.preview,
  };
}

/** What nobody could store may be no JSON either. */
function toRecord(line: Uint8Array): unknown {
  const written = new TextDecoder().decode(line);
  try {
    return JSON.parse(written);
  } catch (error) {
    if (error instanceof SyntaxError) return written;
    throw error;
  }
}
