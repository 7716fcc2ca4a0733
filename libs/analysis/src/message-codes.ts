/**
 * The UTF-16 code units of a message, from FIRST on, with END before and behind them: looking at an array's elements takes a third of the time that
 * looking at a string's characters takes, and a message is looked at several times.
 */
export type Codes = Int32Array;

/** Where a message begins. */
export const FIRST = 1;
/** Beyond all code units: what stands where there is no character. */
export const END = 0x10000;

/** How far the matchers look beyond a character that they know. */
const LOOK_AHEAD = 4;
/** Longer messages are rare: for these memory is taken each time. */
const KEPT_LENGTH = 16_384;

/** Of the message that is being looked at: one at a time is. */
const kept = new Int32Array(FIRST + KEPT_LENGTH + LOOK_AHEAD);

function roomFor(length: number): Codes {
  const codes = length <= KEPT_LENGTH ? kept : new Int32Array(FIRST + length + LOOK_AHEAD);
  codes[0] = END;
  for (let beyond = 0; beyond < LOOK_AHEAD; beyond += 1) codes[FIRST + length + beyond] = END;
  return codes;
}

/** Valid until the next message is asked for, here or below. */
export function codesOf(message: string): Codes {
  const { length } = message;
  const codes = roomFor(length);
  for (let index = 0; index < length; index += 1) codes[FIRST + index] = message.charCodeAt(index);
  return codes;
}

/** The same of the message that bytes of ASCII from `start` to before `end` are. */
export function codesOfAscii(bytes: Uint8Array, start: number, end: number): Codes {
  const codes = roomFor(end - start);
  const offset = FIRST - start;
  for (let index = start; index < end; index += 1) codes[offset + index] = bytes[index] ?? 0;
  return codes;
}

export function codeAt(text: Codes, index: number): number {
  return text[index] ?? END;
}

/** From `start` to before `end`; for few characters. */
export function textOf(text: Codes, start: number, end: number): string {
  let chars = '';
  for (let index = start; index < end; index += 1) chars += String.fromCharCode(codeAt(text, index));
  return chars;
}

/** Whether the text goes on with `wanted` at `index`. */
export function hasTextAt(text: Codes, index: number, wanted: string): boolean {
  for (let offset = 0; offset < wanted.length; offset += 1)
    if (codeAt(text, index + offset) !== wanted.charCodeAt(offset)) return false;
  return true;
}

/** Characters of ASCII to look one up among. */
export type CodeSet = Uint8Array;

export function setOf(chars: string): CodeSet {
  const set = new Uint8Array(128);
  for (const char of chars) set[char.charCodeAt(0)] = 1;
  return set;
}

export function isOneOf(text: Codes, index: number, set: CodeSet): boolean {
  const code = codeAt(text, index);
  return code < 128 && set[code] === 1;
}
