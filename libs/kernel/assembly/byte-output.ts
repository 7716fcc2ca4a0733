/** Bytes in the making, by address: in room that reaches 16 bytes further than what is written. */

import { charsOf, CHARS_AT_A_TIME } from './char-of';

/** Behind what is written. */
export let at: usize = 0;

/** Goes on, or back, to there. */
export function moveOutput(start: usize): void {
  at = start;
}

/** Copies from `start` to before `end`: sixteen at a time, the last of them perhaps too many. Sixteen behind `end` may be read. */
export function copy(start: usize, end: usize): void {
  const length = end - start;
  for (let done: usize = 0; done < length; done += 16) v128.store(at + done, v128.load(start + done));
  at += length;
}

export function put(byte: i32): void {
  store<u8>(at++, <u8>byte);
}

/** Text of ASCII: eight at a time, the last of them perhaps too many. */
export function putText(text: string): void {
  const length = text.length;
  for (let index = 0; index < length; index += CHARS_AT_A_TIME) {
    const chars = charsOf(text, index);
    v128.store64_lane(at + index, i8x16.narrow_i16x8_u(chars, chars), 0);
  }
  at += length;
}

/** Decimal digits of a whole number that is not negative. */
export function putNumber(value: u64): void {
  let digits = 1;
  for (let rest = value / 10; rest > 0; rest /= 10) digits++;
  let rest = value;
  for (let digit = digits - 1; digit >= 0; digit--) {
    store<u8>(at + digit, <u8>(48 + (rest % 10)));
    rest /= 10;
  }
  at += digits;
}
