import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import type { SpareRooms } from '../../core/src/common/spare-rooms';
import { OpsError } from '../../core/src/common/errors';
import { BodyPieces } from './body-pieces';
import { endWhenIdle } from './end-when-idle';

export interface BodyLimits {
  /** As sent (INGEST_MAX_BODY_BYTES). */
  readonly maxBodyBytes: number;
  /** After decompression (INGEST_MAX_INFLATED_BYTES). */
  readonly maxInflatedBytes: number;
  /** How long nothing may come of a body of which more than 64 KiB have; by default 20 seconds. */
  readonly maxIdleMs?: number;
}

/** Counts what a request holds, so many bytes in all. Throws where that is too much; then the rest of the body is thrown away. */
export type HoldBytes = (bytes: number) => void;

export interface BodyMemory {
  readonly hold: HoldBytes;
  /** Nothing is held any more. */
  readonly giveBack: () => void;
  /** Where large bodies may come from; who is done with one gives it back. */
  readonly rooms: SpareRooms;
}

/** Called once. */
export type BodyDone = (...result: [error: Error, body: undefined] | [error: null, body: Buffer]) => void;

/** Makes what decompresses such a body. */
type Decompressor = (body: Buffer) => DecompressingStream;
/** `bytesWritten` counts what it has read of the body. */
type DecompressingStream = Transform & { readonly bytesWritten: number };

const DEFLATE_METHOD = 8;
const DECOMPRESSORS: ReadonlyMap<string, Decompressor> = new Map<string, Decompressor>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  ['deflate', (body) => (((body[0] ?? 0) & 0x0f) === DEFLATE_METHOD ? createInflate() : createInflateRaw())],
  ['br', () => createBrotliDecompress()],
]);

/** What has come of a larger body takes room that others want, while nothing more of it comes. */
const WATCHED_FROM_BYTES = 64 * 1024;
const MAX_IDLE_MS = 20_000;
/** How much of a body that is too large is still read and thrown away, so that its sender sees the answer. */
const DISCARDED_TIMES_LIMIT = 8;

/**
 * Reads a request's body and decompresses it (gzip, x-gzip, deflate with or without zlib's header, br). Never holds more
 * than the limits. Errors: OpsError `too_large`, `unsupported_media_type` (encoding), `invalid` (broken compression).
 */
export function readRequestBody(
  request: IncomingMessage,
  limits: BodyLimits,
  memory: BodyMemory,
  done: BodyDone,
): void {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const { maxBodyBytes, maxInflatedBytes } = limits;
  if (encoding === 'identity') {
    collect(request, Math.min(maxBodyBytes, maxInflatedBytes), limits, memory, done);
    return;
  }
  const decompressor = DECOMPRESSORS.get(encoding);
  if (decompressor === undefined) {
    done(unknownEncoding(), undefined);
    return;
  }
  collect(request, maxBodyBytes, limits, memory, (failure, body) => {
    if (failure !== null) {
      done(failure, undefined);
      return;
    }
    if (body.length === 0) {
      done(null, body);
      return;
    }
    inflate(decompressor(body), body, encoding, maxInflatedBytes, memory.hold, done);
  });
}

/** Counts what comes out as it does: of a body of a few kilobytes it may be as much as all bodies may take together. */
function inflate(
  stream: DecompressingStream,
  body: Buffer,
  encoding: string,
  maxBytes: number,
  hold: HoldBytes,
  done: BodyDone,
): void {
  const chunks: Buffer[] = [];
  let inflatedBytes = 0;
  const fail = (error: Error): void => {
    stream.removeAllListeners('data').removeAllListeners('end');
    stream.destroy();
    done(error, undefined);
  };
  stream.on('data', (chunk: Buffer) => {
    inflatedBytes += chunk.length;
    chunks.push(chunk);
    const refusal =
      inflatedBytes > maxBytes ? tooLargeInflated(maxBytes) : refusalOf(() => hold(inflatedBytes));
    if (refusal !== undefined) fail(refusal);
  });
  stream.on('end', () => {
    // Behind the end of the data lies what nobody would read; zeros are padding.
    if (body.subarray(stream.bytesWritten).some((byte) => byte !== 0)) fail(moreThanData(encoding));
    else done(null, Buffer.concat(chunks, inflatedBytes));
  });
  stream.on('error', (cause) => fail(inflateProblem(cause, encoding)));
  stream.end(body);
}

function inflateProblem(cause: Error, encoding: string): OpsError {
  return new OpsError(
    'invalid',
    'OPS_REQUEST_MALFORMED',
    `the body is not ${encoding}, though Content-Encoding says so, or it ends too early`,
    { cause },
  );
}

function moreThanData(encoding: string): OpsError {
  const reason = `other bytes follow the ${encoding} data of the body: send what belongs together as one`;
  return new OpsError('invalid', 'OPS_REQUEST_MALFORMED', reason);
}

function unknownEncoding(): OpsError {
  return new OpsError(
    'unsupported_media_type',
    'OPS_REQUEST_MEDIA_TYPE',
    'the Content-Encoding is not understood',
    {
      fields: [
        {
          field: 'Content-Encoding',
          reason: 'is not understood',
          allowed: 'gzip, deflate, br, identity',
        },
      ],
    },
  );
}

/** By events and with a callback: an async iterator, or promises, cost a small request as much again as reading it. */
function collect(
  request: IncomingMessage,
  maxBytes: number,
  { maxIdleMs = MAX_IDLE_MS }: BodyLimits,
  { hold, giveBack, rooms }: BodyMemory,
  done: BodyDone,
): void {
  const announcedBytes = Number(request.headers['content-length'] ?? NaN);
  const pieces = new BodyPieces(rooms, announcedBytes <= maxBytes ? announcedBytes : maxBytes);
  let received = 0;
  let refusal: Error | undefined;
  let isDone = false;
  const fail = (error: Error): void => {
    if (isDone) return;
    isDone = true;
    pieces.drop();
    done(error, undefined);
  };
  const endsEarly = (cause?: unknown): void =>
    fail(
      new OpsError('invalid', 'OPS_REQUEST_MALFORMED', 'the body ended before it was complete', { cause }),
    );
  /** The rest of the body may take minutes to come. */
  const refuse = (error: Error): void => {
    refusal = error;
    pieces.drop();
    giveBack();
  };
  request.on('data', (chunk: Buffer) => {
    if (isDone) return;
    received += chunk.length;
    const wasSmall = received - chunk.length <= WATCHED_FROM_BYTES;
    if (wasSmall && received > WATCHED_FROM_BYTES) endWhenIdle(request, maxIdleMs, () => received);
    if (refusal === undefined) {
      const tooMuch = refusalOf(() => holdWithin(received, maxBytes, hold));
      if (tooMuch === undefined) pieces.add(chunk);
      else refuse(tooMuch);
    }
    if (refusal !== undefined && received > maxBytes * DISCARDED_TIMES_LIMIT) {
      fail(refusal);
      request.destroy();
    }
  });
  request.on('end', () => {
    if (refusal !== undefined) fail(refusal);
    else if (!Number.isNaN(announcedBytes) && received !== announcedBytes) endsEarly();
    else if (!isDone) {
      isDone = true;
      done(null, pieces.whole());
    }
  });
  request.on('error', endsEarly);
  request.on('close', () => {
    // An error that nobody hears of would still cost its stack.
    if (!isDone) endsEarly();
  });
}

function refusalOf(check: () => void): Error | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function holdWithin(bytes: number, maxBytes: number, hold: HoldBytes): void {
  if (bytes <= maxBytes) {
    hold(bytes);
    return;
  }
  throw new OpsError(
    'too_large',
    'OPS_REQUEST_TOO_LARGE',
    `the body is larger than ${maxBytes} bytes; send it in smaller parts, or compressed`,
    { fields: [{ field: 'body', reason: 'is too large', allowed: `at most ${maxBytes} bytes` }] },
  );
}

function tooLargeInflated(maxBytes: number): OpsError {
  return new OpsError(
    'too_large',
    'OPS_REQUEST_TOO_LARGE',
    `the decompressed body is larger than ${maxBytes} bytes; send it in smaller parts`,
    {
      fields: [
        { field: 'body', reason: 'is too large when decompressed', allowed: `at most ${maxBytes} bytes` },
      ],
    },
  );
}
