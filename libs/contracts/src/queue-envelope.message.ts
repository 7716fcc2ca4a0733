import { z } from 'zod';
import type { SpareRooms } from '../../core/src/common/spare-rooms';
import { asId, type ProjectId } from '../../core/src/common/ids';
import type { BatchMessage } from '../../core/src/ingest/ingest-queue.port';

const NEWLINE = 0x0a;
const VERSION = 1;
/** Node has memory for small buffers at hand. */
const SMALL_BYTES = 4096;

const count = z.int().min(0);
const head = z.object({
  v: z.literal(VERSION),
  published_at: count,
  parts: z.array(
    z.object({
      project_id: z.string(),
      request_id: z.string(),
      record_count: count,
      bytes: count,
      attempts: count,
    }),
  ),
  dead: z.object({ reason: z.string(), failed_at: count }).optional(),
});

/** One batch message inside an envelope. */
export interface EnvelopePart {
  readonly message: BatchMessage;
  /** How often it was delivered before, as far as that was to its blame. */
  readonly attempts: number;
}

/** What a broker's message carries: batches of one or of several requests, which reach its disk together or not at all. */
export interface QueueEnvelope {
  /** When its records were first put into a queue; epoch milliseconds. */
  readonly publishedAtMs: number;
  readonly parts: readonly EnvelopePart[];
  /** Present in a dead letter. */
  readonly dead?: { readonly reason: string; readonly failedAtMs: number };
}

/** Errors: TypeError where a count is no whole number, which no broker would notice. */
export function checkParts(parts: readonly EnvelopePart[]): void {
  for (const { message, attempts } of parts) {
    if (Number.isSafeInteger(message.recordCount) && Number.isSafeInteger(attempts)) continue;
    throw new TypeError('recordCount and attempts must be whole numbers');
  }
}

/**
 * A line of JSON that says what follows, then the NDJSON of all parts, byte for byte.
 * Errors: those of checkParts.
 * @param rooms where memory for it comes from, if given; who is done with it gives it back
 */
export function encodeEnvelope(envelope: QueueEnvelope, rooms?: SpareRooms): Buffer {
  const pieces = [encodeHead(envelope), ...envelope.parts.map(({ message }) => message.ndjson)];
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  if (rooms === undefined || bytes < SMALL_BYTES) return Buffer.concat(pieces, bytes);
  const whole = rooms.takeBytes(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return Buffer.from(whole.buffer, whole.byteOffset, bytes);
}

/** How many bytes encodeEnvelope makes of it. Errors: those of checkParts. */
export function sizeOfEnvelope(envelope: QueueEnvelope): number {
  return envelope.parts.reduce(
    (sum, { message }) => sum + message.ndjson.length,
    encodeHead(envelope).length,
  );
}

function encodeHead({ publishedAtMs, parts, dead }: QueueEnvelope): Buffer {
  checkParts(parts);
  const written: z.output<typeof head> = {
    v: VERSION,
    published_at: publishedAtMs,
    parts: parts.map(({ message, attempts }) => ({
      project_id: message.projectId,
      request_id: message.requestId,
      record_count: message.recordCount,
      bytes: message.ndjson.length,
      attempts,
    })),
    ...(dead !== undefined && { dead: { reason: dead.reason, failed_at: dead.failedAtMs } }),
  };
  return Buffer.from(`${JSON.stringify(written)}\n`);
}

/** Undefined where the bytes are no envelope, such as a message that another program put into the queue. The parts share memory with `bytes`. */
export function decodeEnvelope(bytes: Uint8Array): QueueEnvelope | undefined {
  const headEnd = bytes.indexOf(NEWLINE);
  const read = headEnd === -1 ? undefined : head.safeParse(parseJson(bytes.subarray(0, headEnd)));
  if (read?.success !== true) return undefined;
  const { published_at, parts, dead } = read.data;
  let offset = headEnd + 1;
  const decoded = parts.map((part) => {
    const ndjson = bytes.subarray(offset, offset + part.bytes);
    offset += part.bytes;
    return {
      attempts: part.attempts,
      message: {
        projectId: asId<ProjectId>(part.project_id),
        requestId: part.request_id,
        recordCount: part.record_count,
        ndjson,
      },
    };
  });
  if (offset !== bytes.length) return undefined;
  return {
    publishedAtMs: published_at,
    parts: decoded,
    ...(dead !== undefined && { dead: { reason: dead.reason, failedAtMs: dead.failed_at } }),
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
