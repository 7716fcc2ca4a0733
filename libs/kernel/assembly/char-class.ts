import { charOf } from './char-of';
import { END, codeAt } from './message-codes';

/** Classes of UTF-16 code units for the message scanner. Bits, so that one look-up answers several questions. */

export const DIGIT: i32 = 1;
/** a-f and A-F. */
export const HEX_LETTER: i32 = 2;
/** All ASCII letters, and every code unit above ASCII: words of any language are words. */
export const LETTER: i32 = 4;
export const SPACE: i32 = 8;
/** Ends a token: brackets, quotes, commas, '=', '|' and control characters. */
export const DELIMITER: i32 = 16;
/** '/', '\' and '@': a token with one of them may be a path, a URL or an e-mail address. */
export const COMPOUND: i32 = 32;
/** Other marks within tokens: dots, dashes, colons … */
export const MARK: i32 = 64;

/** By code unit; 0 for END. */
const CLASSES: usize = memory.data(0x10000);

setClasses(0, 128, MARK);
setClasses(128, END, LETTER);
setClasses(0, 32, DELIMITER);
setClasses(9, 14, SPACE);
setClasses(32, 33, SPACE);
setClasses(0xa0, 0xa1, SPACE);
setClasses(0x2000, 0x200b, SPACE);
setClasses(0x3000, 0x3001, SPACE);
setClassOf('()[]{}<>"\'`=,;|!?&*^', DELIMITER);
setClasses(48, 58, DIGIT);
setClasses(65, 91, LETTER);
setClasses(97, 123, LETTER);
setClasses(65, 71, LETTER | HEX_LETTER);
setClasses(97, 103, LETTER | HEX_LETTER);
setClassOf('/\\@', COMPOUND);
setClasses(127, 128, DELIMITER);

/** Of the codes from `first` to before `end`. */
function setClasses(first: i32, end: i32, bits: i32): void {
  memory.fill(CLASSES + first, <u8>bits, end - first);
}

function setClassOf(chars: string, bits: i32): void {
  for (let at = 0; at < chars.length; at++) store<u8>(CLASSES + charOf(chars, at), <u8>bits);
}

/** The class bits of a code unit; 0 for END (where there is no character). */
export function classOf(code: i32): i32 {
  return load<u8>(CLASSES + code);
}

export function classAt(index: i32): i32 {
  return classOf(codeAt(index));
}

export function isDigitAt(index: i32): bool {
  return <u32>(codeAt(index) - 48) < 10;
}

/** True for digits and letters, in ASCII or beyond. False outside the text. */
export function isWordAt(index: i32): bool {
  return (classAt(index) & (DIGIT | LETTER)) !== 0;
}

export function isHexAt(index: i32): bool {
  return (classAt(index) & (DIGIT | HEX_LETTER)) !== 0;
}
