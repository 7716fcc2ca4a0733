import { secretInText, secretKey } from './plain-log-hooks';

/**
 * Looks for three letters of each thing that may tell of a secret (secret-trigrams.ts), which most texts do not have; where there
 * are such, the caller of the module looks at the whole text. It fills the tables.
 */

/** By byte: what trigrams take its character for, 1 to 31; 0 for all others. */
const FOLDS: usize = memory.data(256);
/** By the folds of two characters, 5 bits each: the folds of those that make a trigram of them, a bit each. */
const TEXT_FOLLOWERS: usize = memory.data(4 << 10);
const KEY_FOLLOWERS: usize = memory.data(4 << 10);

export function foldTable(): usize {
  return FOLDS;
}

export function textFollowers(): usize {
  return TEXT_FOLLOWERS;
}

export function keyFollowers(): usize {
  return KEY_FOLLOWERS;
}

/** Of a string without its quotes. */
export function isSecretText(start: usize, end: usize): bool {
  return hasTrigram(start, end, TEXT_FOLLOWERS) && secretInText(start, end);
}

/** Of a name. */
export function isSecretKey(start: usize, end: usize): bool {
  return hasTrigram(start, end, KEY_FOLLOWERS) && secretKey(start, end);
}

function hasTrigram(start: usize, end: usize, followers: usize): bool {
  let beforeLast: u32 = 0;
  let last: u32 = 0;
  let seen: u32 = 0;
  for (let at = start; at < end; at++) {
    const fold = <u32>load<u8>(FOLDS + load<u8>(at));
    seen |= load<u32>(followers + (((beforeLast << 5) | last) << 2)) >> fold;
    beforeLast = last;
    last = fold;
  }
  return (seen & 1) !== 0;
}
