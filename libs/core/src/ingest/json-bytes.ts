const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Index of the first byte at or after `at` that is no white space of JSON. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let index = at;
  for (;;) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return index;
    index++;
  }
}

/**
 * Index behind the JSON value that begins at `at`, found by its brackets and quotes alone: whether it is well-formed is for
 * a parser to say. -1 where it does not end, or nests deeper than `maxDepth`.
 */
export function endOfValue(bytes: Uint8Array, at: number, maxDepth: number): number {
  let depth = 0;
  for (let index = at; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      index = endOfString(bytes, index) - 1;
      if (index < 0) return -1;
      if (depth === 0) return index + 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
      if (depth > maxDepth) return -1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth <= 1) return depth === 0 ? index : index + 1;
      depth--;
    } else if (byte === COMMA && depth === 0) return index;
  }
  return -1;
}

/** Index behind the string whose opening quote is at `at`; -1 where it does not end. */
function endOfString(bytes: Uint8Array, at: number): number {
  for (let index = at + 1; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === QUOTE) return index + 1;
    if (byte === BACKSLASH) index++;
  }
  return -1;
}
