/** Which log records are probably of one template; libs/adapters/opensearch/src/alike-together.ts says what for. */

import { isText, NONE } from './json-scan';

const COMMA: u8 = 0x2c;
const QUOTE: u8 = 0x22;
const LETTER_F: u8 = 0x66;
const LOWER_CASE: i32 = 0x20;
const LETTER_A: i32 = 0x61;
const LETTERS: i32 = 26;
const BITS_PER_LETTER: i32 = 5;
const MOST_LETTERS: i32 = 5;
/** Letters further behind are not looked for. Behind a short message others stand, the same in every line. */
const MOST_BYTES: i32 = 64;
/** Of the fingerprint, so many bits of its first four digits. */
const FINGERPRINT_BITS: i32 = 22;
/** Of a fingerprint's key and what stands around it. */
const KEY_BYTES: i32 = 16;
/** 2^32 divided by the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4). */
const MULTIPLIER: u32 = 0x9e3779b1;

/**
 * A whole number below 2^47, by the first letters of the message and then by the fingerprint, the insides of two JSON strings: equal for most records of one
 * template. By the fingerprint alone, templates with a varying word in them would fall apart.
 */
export function likenessOf(message: usize, fingerprint: usize): f64 {
  const hash = (load<u32>(fingerprint) * MULTIPLIER) >>> (32 - FINGERPRINT_BITS);
  return <f64>((firstLetters(message) << FINGERPRINT_BITS) | (<u64>hash));
}

function firstLetters(message: usize): u64 {
  let letters: u64 = 0;
  let count = 0;
  for (let here = message; count < MOST_LETTERS && here < message + MOST_BYTES; here++) {
    const byte = <i32>load<u8>(here);
    const letter = (byte | LOWER_CASE) - LETTER_A;
    if (letter < 0 || letter >= LETTERS) continue;
    letters = (letters << BITS_PER_LETTER) | (<u64>(letter + 1));
    count++;
  }
  return letters << ((MOST_LETTERS - count) * BITS_PER_LETTER);
}

/** Where the fingerprint of a canonical line begins, which is nearer to its end: sixteen bytes are looked at together. NONE where there is none. */
export function fingerprintOf(start: usize, end: usize): usize {
  for (let at = end - 16; at > start; at -= 16) {
    const keys = v128.and(
      v128.and(i8x16.eq(v128.load(at), i8x16.splat(COMMA)), i8x16.eq(v128.load(at, 1), i8x16.splat(QUOTE))),
      i8x16.eq(v128.load(at, 2), i8x16.splat(LETTER_F)),
    );
    for (let mask = i8x16.bitmask(keys); mask !== 0; mask &= mask - 1) {
      const value = at + ctz(mask) + KEY_BYTES;
      if (isText(',"fingerprint":"', value - KEY_BYTES, value)) return value;
    }
  }
  return NONE;
}
