import { at as outputAt, moveOutput } from './byte-output';
import { wordsOfText } from './bulk-hooks';
import { endOfOrdinary } from './json-scan';
import { at, lineEnd, moveTo, skipText } from './line-cursor';

const SPACE: i32 = 0x20;
const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;
const LETTER_U: i32 = 0x75;
const BEYOND_ASCII: i32 = 0x80;
/** Of libs/adapters/opensearch/src/search-words.ts. */
const SEARCHABLE_CHARS: i32 = 32_768;

/** By byte: the byte that stands for an ASCII letter or digit in a word; a space for what separates words. */
const WORD_BYTES: usize = memory.data(256);

memory.fill(WORD_BYTES, <u8>SPACE, 256);
for (let digit = 48; digit < 58; digit++) store<u8>(WORD_BYTES + digit, <u8>digit);
for (let letter = 97; letter < 123; letter++) {
  store<u8>(WORD_BYTES + letter, <u8>letter);
  store<u8>(WORD_BYTES + letter - 32, <u8>letter);
}

export const WRITTEN: i32 = 0;
export const NO_STRING: i32 = 1;
export const NO_JSON_TEXT: i32 = 2;

/**
 * Writes the words of the JSON string that the cursor stands in, as the inside of another JSON string: words need no escapes. The cursor then stands at the
 * closing quote. What is more than ASCII is left to a hook.
 */
export function writeMessageWords(): i32 {
  const start = at;
  const output = outputAt;
  if (writeAsciiWords()) return skipText() ? WRITTEN : NO_STRING;
  moveOutput(output);
  moveTo(start);
  if (!skipText()) return NO_STRING;
  const bytes = wordsOfText(start, at, output);
  if (bytes < 0) return NO_JSON_TEXT;
  moveOutput(output + bytes);
  return WRITTEN;
}

/** False where there is more to it than bytes. The cursor then stands at its end, or in its part that is not searchable. */
function writeAsciiWords(): bool {
  let stop = min(lineEnd, at + SEARCHABLE_CHARS);
  const begin = outputAt;
  let target = begin;
  let from = at;
  // 1 behind a word: what separates is written once, and not before the first.
  let isWord: usize = 0;
  while (from < stop) {
    const end = min(stop, endOfOrdinary(from));
    for (; from < end; from++) {
      const byte = load<u8>(WORD_BYTES + load<u8>(from));
      store<u8>(target, byte);
      const wasWord = isWord;
      isWord = <usize>(byte !== SPACE);
      target += isWord | wasWord;
    }
    if (from === stop) break;
    const byte = <i32>load<u8>(from);
    if (byte === QUOTE) break;
    if (byte >= BEYOND_ASCII || (byte === BACKSLASH && load<u8>(from, 1) === LETTER_U)) return false;
    store<u8>(target, <u8>SPACE);
    target += isWord;
    isWord = 0;
    from += 1;
    if (byte === BACKSLASH) {
      from += 1;
      // One character of the message is two bytes of its JSON.
      if (stop < lineEnd) stop++;
    }
  }
  // Behind the last word stands a space, unless the text ended with it.
  if (isWord === 0 && target > begin) target--;
  moveTo(from);
  moveOutput(target);
  return true;
}
