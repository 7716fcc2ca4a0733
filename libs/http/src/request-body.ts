import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { OpsError } from '../../core/src/common/errors';

export interface BodyLimits {
  /** As sent (INGEST_MAX_BODY_BYTES). */
  readonly maxBodyBytes: number;
  /** After decompression (INGEST_MAX_INFLATED_BYTES). */
  readonly maxInflatedBytes: number;
}

/** Counts what a request holds, so many bytes in all. Throws where that is too much; then the rest of the body is thrown away. */
export type HoldBytes = (bytes: number) => void;

type Inflate = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const gunzipBody: Inflate = promisify(gunzip);
const inflateZlib: Inflate = promisify(inflate);
const inflateWithoutHeader: Inflate = promisify(inflateRaw);
const inflateBrotli: Inflate = promisify(brotliDecompress);

const DEFLATE_METHOD = 8;
/** How much of a body that is too large is still read and thrown away, so that its sender sees the answer. */
const DISCARDED_TIMES_LIMIT = 8;

/**
 * Reads a request's body and decompresses it (gzip, x-gzip, deflate with or without zlib's header, br). Never holds more
 * than the limits. Errors: OpsError `too_large`, `unsupported_media_type` (encoding), `invalid` (broken compression).
 */
export async function readRequestBody(
  request: IncomingMessage,
  limits: BodyLimits,
  hold: HoldBytes,
): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decompress = decompressorFor(encoding);
  const body = await collect(request, limits.maxBodyBytes, hold);
  if (decompress === undefined) {
    if (body.length > limits.maxInflatedBytes) throw tooLargeInflated(limits.maxInflatedBytes);
    return body;
  }
  if (body.length === 0) return body;
  try {
    return await decompress(body, { maxOutputLength: limits.maxInflatedBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLargeInflated(limits.maxInflatedBytes);
    }
    throw new OpsError(
      'invalid',
      'OPS_REQUEST_MALFORMED',
      `the body is not ${encoding}, though Content-Encoding says so, or it ends too early`,
      { cause },
    );
  }
}

function decompressorFor(encoding: string): Inflate | undefined {
  switch (encoding) {
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return gunzipBody;
    case 'deflate':
      return (body, options) =>
        ((body[0] ?? 0) & 0x0f) === DEFLATE_METHOD
          ? inflateZlib(body, options)
          : inflateWithoutHeader(body, options);
    case 'br':
      return inflateBrotli;
    default:
      throw new OpsError(
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
}

/** By events: an async iterator over the chunks costs a small request as much again as reading it. */
function collect(request: IncomingMessage, maxBytes: number, hold: HoldBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let received = 0;
  let refusal: unknown;
  return new Promise((resolve, reject) => {
    const endsEarly = (cause?: unknown): void => {
      reject(
        new OpsError('invalid', 'OPS_REQUEST_MALFORMED', 'the body ended before it was complete', { cause }),
      );
    };
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (refusal === undefined) refusal = refusalOf(() => holdWithin(received, maxBytes, hold));
      if (refusal === undefined) chunks.push(chunk);
      else chunks.length = 0;
      if (received > maxBytes * DISCARDED_TIMES_LIMIT) {
        reject(refusal as Error);
        request.destroy();
      }
    });
    request.once('end', () => {
      if (refusal !== undefined) reject(refusal as Error);
      else
        resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, received));
    });
    request.once('error', endsEarly);
    request.once('close', () => {
      // An error that nobody hears of would still cost its stack.
      if (!request.readableEnded) endsEarly();
    });
  });
}

function refusalOf(check: () => void): unknown {
  try {
    check();
    return undefined;
  } catch (error) {
    return error;
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
