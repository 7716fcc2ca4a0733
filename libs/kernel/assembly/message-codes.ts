/**
 * The UTF-16 code units of the message that is being looked at, 16 bits each, with END before and behind them: a look at any place
 * near the message needs no check.
 */

import { charOf } from './char-of';
import { makeRoom } from './make-room';

/** What stands where there is no character. Unicode has none with this number; whoever writes a message in writes U+FFFE instead. */
export const END: i32 = 0xffff;

/** How far the matchers look beyond a character that they know, on either side. */
const MARGIN: i32 = 16;
export const BYTES_PER_CODE: i32 = 2;

/** Where a message lies; what comes behind it is free for what is made of it. */
const base: usize = __heap_base + MARGIN * BYTES_PER_CODE;
let length: i32 = 0;

/**
 * Makes room for a message of so many code units; the address from which its codes are to be written, before `endMessage`. What is written may reach MARGIN too
 * far.
 */
export function beginMessage(codes: i32): usize {
  length = codes;
  makeRoom(behindMessage());
  return base;
}

/** To be called when the message is there. It is valid until the next is begun. */
export function endMessage(): void {
  for (let beyond = 1; beyond <= MARGIN; beyond++) {
    setCode(-beyond, END);
    setCode(length + beyond - 1, END);
  }
}

/** The address of its first code. */
export function startOfMessage(): usize {
  return base;
}

/** The address of room for so many bytes behind the message; divisible by 16. */
export function roomBehindMessage(bytes: i32): usize {
  makeRoom(behindMessage() + bytes);
  return behindMessage();
}

function behindMessage(): usize {
  return (base + (length + MARGIN) * BYTES_PER_CODE + 15) & ~15;
}

/** Of the message, in code units. */
export function messageLength(): i32 {
  return length;
}

export function codeAt(index: i32): i32 {
  return load<u16>(base + index * BYTES_PER_CODE);
}

export function setCode(index: i32, code: i32): void {
  store<u16>(base + index * BYTES_PER_CODE, <u16>code);
}

/** Whether the text goes on with `wanted` at `index`. */
export function hasTextAt(index: i32, wanted: string): bool {
  for (let offset = 0; offset < wanted.length; offset++)
    if (codeAt(index + offset) !== charOf(wanted, offset)) return false;
  return true;
}

/** Whether the ASCII character at `index` is one of these; never for END. */
export function isOneOf(index: i32, chars: string): bool {
  const code = codeAt(index);
  for (let at = 0; at < chars.length; at++) if (charOf(chars, at) === code) return true;
  return false;
}
