import { compressSync, uncompressSync } from 'snappy';

/** What a message of the broker carries, and what it says of that: the property `content_encoding`, absent where the bytes are as they were. */
export interface MessageContent {
  readonly content: Buffer;
  readonly properties: { readonly contentEncoding?: string };
}

/** Uncompressed: more is neither published nor read. */
export const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
/** Leaves room for what is added to a message that is set aside: why, and after how many attempts. */
export const MAX_PUBLISHED_BYTES = MAX_CONTENT_BYTES - 16 * 1024;
/** One block, without framing. */
const SNAPPY = 'snappy';
/** Below, what a message costs by itself is more than what its bytes do. */
const MIN_COMPRESSED_BYTES = 4096;
/** The package's own memory lives until the garbage collector gets to it: twice the CPU of a copy. */
const COPIED = { copyOutputData: true };
const MAX_VARINT_BYTES = 5;

/** Compressed where that makes it smaller; else the bytes themselves, not a copy. */
export function packContent(bytes: Buffer): MessageContent {
  const plain = { content: bytes, properties: {} };
  if (bytes.length < MIN_COMPRESSED_BYTES) return plain;
  const content = compressSync(bytes, COPIED);
  return content.length < bytes.length ? { content, properties: { contentEncoding: SNAPPY } } : plain;
}

/**
 * The bytes that were packed. Undefined where the encoding is another one, where the content is no whole block, and where it is
 * more than MAX_CONTENT_BYTES or says that it holds more, for which no memory is taken.
 */
export function unpackContent({
  content,
  properties: { contentEncoding },
}: {
  readonly content: Buffer;
  readonly properties: { readonly contentEncoding?: unknown };
}): Buffer | undefined {
  if (contentEncoding === undefined) return content.length > MAX_CONTENT_BYTES ? undefined : content;
  const length = contentEncoding === SNAPPY ? declaredLength(content) : undefined;
  if (length === undefined || length > MAX_CONTENT_BYTES) return undefined;
  const bytes = uncompress(content);
  return bytes?.length === length ? bytes : undefined;
}

/** A block begins with the number of its uncompressed bytes, seven bits a byte, the lowest first. */
function declaredLength(block: Buffer): number | undefined {
  let length = 0;
  for (const [at, byte] of block.subarray(0, MAX_VARINT_BYTES).entries()) {
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length;
  }
  return undefined;
}

function uncompress(block: Buffer): Buffer | undefined {
  try {
    const bytes = uncompressSync(block, COPIED);
    return typeof bytes === 'string' ? undefined : bytes;
  } catch {
    // The package knows many ways to break a block, all of them errors.
    return undefined;
  }
}
