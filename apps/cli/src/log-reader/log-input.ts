import { constants, createReadStream, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import path from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A file or standard input, as a stream of UTF-8 bytes. */
export interface LogInput {
  readonly name: string;
  /** Of the file as it lies there; undefined for standard input and pipes. */
  readonly sizeBytes: number | undefined;
  readonly chunks: AsyncIterable<Buffer>;
  /** How much of `sizeBytes` has been read. */
  bytesRead(): number;
  /** Ends `chunks` soon, without an error. */
  stop(): void;
}

/** Why an input cannot be read, in words for the person who named it. */
export class LogInputError extends Error {
  override readonly name = 'LogInputError';
}

const HEAD_BYTES = 8192;
const CHUNK_BYTES = 256 * 1024;

const PACKED: readonly (readonly [magic: string, kind: string])[] = [
  ['28b52ffd', 'zstd'],
  ['425a68', 'bzip2'],
  ['fd377a585a00', 'xz'],
  ['504b0304', 'zip'],
  ['04224d18', 'lz4'],
];

/** Errors: LogInputError for a folder, a missing file, and a packed or binary file (unless `isTextAssured`). */
export async function openLogInput(file: string, isTextAssured: boolean): Promise<LogInput> {
  if (file === '-') return fromStream('standard input', process.stdin, isTextAssured);
  const info = await stat(file).catch((error: unknown) => Promise.reject(unreadable(file, error)));
  if (info.isDirectory())
    throw new LogInputError(`${file} is a folder: name its files, for instance ${path.join(file, '*.log')}`);
  if (info.isFIFO()) return fromStream(file, openPipe(file), isTextAssured);
  const stream = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  return fromStream(file, stream, isTextAssured, info.isFile() ? info.size : undefined);
}

/** Not as a file: a thread that waits there for a writer could not be called back, and the process could not even end. */
function openPipe(file: string): Readable {
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    throw unreadable(file, error);
  }
}

function fromStream(
  name: string,
  source: Readable & { readonly bytesRead?: number },
  isTextAssured: boolean,
  sizeBytes?: number,
): LogInput {
  let isStopped = false;
  let bytesRead = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      bytesRead += bytes.length;
      yield bytes;
    }
  }
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      yield* toUtf8(name, counted(), isTextAssured);
    } catch (error) {
      if (!isStopped) throw error instanceof LogInputError ? error : unreadable(name, error);
    }
  }
  const stop = (): void => {
    isStopped = true;
    source.destroy();
  };
  return { name, sizeBytes, chunks: chunks(), bytesRead: () => bytesRead, stop };
}

/** Unpacks gzip and turns UTF-16 into UTF-8, each told by its first bytes. */
async function* toUtf8(
  name: string,
  source: AsyncGenerator<Buffer>,
  isTextAssured: boolean,
): AsyncGenerator<Buffer> {
  const { head, all } = await withHead(source, 4);
  const packed = PACKED.find(([magic]) => head.toString('hex').startsWith(magic));
  if (packed !== undefined)
    throw new LogInputError(
      `${name} is packed with ${packed[1]}: unpack it, or pipe it in (… | opspilot send -)`,
    );
  if (!isGzip(head)) return yield* decoded(name, all, isTextAssured);
  yield* decoded(name, gunzip(all), isTextAssured);
}

function gunzip(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  // What fails on the way fails whoever reads, and needs no second listener.
  return pipeline(Readable.from(source), createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined);
}

async function* decoded(
  name: string,
  source: AsyncIterable<Buffer>,
  isTextAssured: boolean,
): AsyncGenerator<Buffer> {
  const { head, all } = await withHead(source, 4);
  if (isUtf32(head))
    throw new LogInputError(
      `${name} is in UTF-32: turn it into UTF-8 (iconv -f UTF-32 -t UTF-8 … | opspilot send -)`,
    );
  const encoding = encodingOf(head);
  if (encoding !== 'utf-8') {
    const decoder = new TextDecoder(encoding);
    for await (const chunk of all) yield Buffer.from(decoder.decode(chunk, { stream: true }));
    yield Buffer.from(decoder.decode());
    return;
  }
  let isFirst = true;
  for await (const chunk of all) {
    if (isFirst && !isTextAssured && looksBinary(chunk.subarray(0, HEAD_BYTES))) {
      throw new LogInputError(
        `${name} looks binary, nothing of it was sent; --text sends it as text all the same`,
      );
    }
    isFirst = false;
    yield chunk;
  }
}

/** Waits for the first `count` bytes, or the end, and gives them back in front of the rest. */
async function withHead(
  source: AsyncIterable<Buffer>,
  count: number,
): Promise<{ head: Buffer; all: AsyncIterable<Buffer> }> {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < count) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const first = head;
  async function* all(): AsyncGenerator<Buffer> {
    if (first.length > 0) yield first;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }
  return { head, all: all() };
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** By its byte order mark, that of UTF-16 with a NUL behind it. Nothing that writes logs does so by itself. */
function isUtf32(head: Buffer): boolean {
  const mark = head.toString('hex', 0, 4);
  return mark === 'fffe0000' || mark === '0000feff';
}

function encodingOf(head: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : 'utf-8';
}

/** Of controls, and of what is no text in UTF-8. */
const MAX_ODD_SHARE = 0.3;
/** Text in an old encoding is no UTF-8 either, but has no more controls than this. */
const MAX_CONTROL_SHARE_OF_TEXT = 0.03;

/**
 * Log files have a stray NUL or escape at times, and those of some protocols a control after each field. A program is full of
 * controls; what is packed, such as a picture, has a tenth of them, and hardly anything besides that is UTF-8.
 */
function looksBinary(bytes: Buffer): boolean {
  let controls = 0;
  for (const byte of bytes)
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b) controls++;
  if (controls <= bytes.length * MAX_CONTROL_SHARE_OF_TEXT) return false;
  const undecodable = bytes.toString('utf8').split('\uFFFD').length - 1;
  return controls + undecodable > bytes.length * MAX_ODD_SHARE;
}

const TOO_LARGE = 'it is too large for a table that is read at once';
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read by this user',
  Z_BUF_ERROR: 'its gzip data end too early',
  Z_DATA_ERROR: 'its gzip data are damaged',
  ERR_STRING_TOO_LONG: TOO_LARGE,
  ERR_BUFFER_TOO_LARGE: TOO_LARGE,
  ERR_FS_FILE_TOO_LARGE: TOO_LARGE,
};

/** What keeps a file from being read, in words. */
export function unreadable(name: string, error: unknown): LogInputError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return new LogInputError(`${name} cannot be read: ${REASONS[code] ?? String(message)}`, { cause: error });
}
