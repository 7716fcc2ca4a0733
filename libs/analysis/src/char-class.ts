import { type Codes, END, codeAt } from './message-codes';

/** Classes of UTF-16 code units for the message scanner. Bits, so that one look-up answers several questions. */

export const DIGIT = 1;
/** a-f and A-F. */
export const HEX_LETTER = 2;
/** All ASCII letters, and every code unit above ASCII: words of any language are words. */
export const LETTER = 4;
export const SPACE = 8;
/** Ends a token: brackets, quotes, commas, '=', '|' and control characters. */
export const DELIMITER = 16;
/** '/', '\' and '@': a token with one of them may be a path, a URL or an e-mail address. */
export const COMPOUND = 32;
/** Other marks within tokens: dots, dashes, colons … */
export const MARK = 64;

/** By code unit; 0 for END, which is beyond all of them. */
const CLASSES = buildTable();

function buildTable(): Uint8Array {
  const table = new Uint8Array(END + 1).fill(MARK, 0, 128).fill(LETTER, 128, END);
  for (let code = 0; code < 32; code += 1) table[code] = DELIMITER;
  for (const space of [9, 10, 11, 12, 13, 32, 0xa0, 0x3000]) table[space] = SPACE;
  table.fill(SPACE, 0x2000, 0x200b);
  for (const char of '()[]{}<>"\'`=,;|!?&*^') table[char.charCodeAt(0)] = DELIMITER;
  for (let code = 48; code <= 57; code += 1) table[code] = DIGIT;
  for (let code = 65; code <= 90; code += 1) {
    const letter = code <= 70 ? LETTER | HEX_LETTER : LETTER;
    table[code] = letter;
    table[code + 32] = letter;
  }
  for (const char of '/\\@') table[char.charCodeAt(0)] = COMPOUND;
  table[127] = DELIMITER;
  return table;
}

/** The class bits of a code unit; 0 for END (where there is no character). */
export function classOf(code: number): number {
  return CLASSES[code] ?? 0;
}

export function isDigitAt(text: Codes, index: number): boolean {
  const code = codeAt(text, index);
  return code >= 48 && code <= 57;
}

/** True for digits and letters, in ASCII or beyond. False outside the text. */
export function isWordAt(text: Codes, index: number): boolean {
  return (classOf(codeAt(text, index)) & (DIGIT | LETTER)) !== 0;
}

export function isHexAt(text: Codes, index: number): boolean {
  return (classOf(codeAt(text, index)) & (DIGIT | HEX_LETTER)) !== 0;
}
