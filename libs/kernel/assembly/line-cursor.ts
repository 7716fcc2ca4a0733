/** Walks over one line of JSON whose keys and their order are known. Behind all lines are bytes that may be read, of which the first ends a line. */
import { endOfOrdinary, isText } from './json-scan';

const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;

/** Where it is. */
export let at: usize = 0;
/** Of the line; not to be passed. */
export let lineEnd: usize = 0;

export function beginLine(start: usize, end: usize): void {
  at = start;
  lineEnd = end;
}

/** The byte here; 0 at the end. */
export function peek(): i32 {
  return at < lineEnd ? <i32>load<u8>(at) : 0;
}

export function moveTo(address: usize): void {
  at = address;
}

/** Passes over exactly this text of ASCII, or stays. */
export function skip(expected: string): bool {
  const end = at + expected.length;
  if (end > lineEnd || !isText(expected, at, end)) return false;
  at = end;
  return true;
}

/** Passes over so many bytes, or stays. */
export function skipBytes(count: i32): bool {
  if (at + count > lineEnd) return false;
  at += count;
  return true;
}

/** Inside a string: goes to its closing quote. False where there is none. */
export function skipText(): bool {
  let here = at;
  while (here < lineEnd) {
    here = endOfOrdinary(here);
    const byte = <i32>load<u8>(here);
    if (byte === QUOTE && here < lineEnd) {
      at = here;
      return true;
    }
    here += byte === BACKSLASH ? 2 : 1;
  }
  return false;
}

/** Goes to the next of two bytes, outside of strings. False where there is neither. */
export function skipTo(first: i32, second: i32): bool {
  for (let here = at; here < lineEnd; here++) {
    const byte = <i32>load<u8>(here);
    if (byte !== first && byte !== second) continue;
    at = here;
    return true;
  }
  return false;
}
