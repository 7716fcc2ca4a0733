const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const EXPONENT = 0x65;
const LOWER = 0x20;
/** So many digits a double keeps, whatever they are. */
const MAX_DIGITS = 15;
export const NO_NUMBER = -1;

/** Index behind the number of JSON that begins at `start`; NO_NUMBER where there is none. */
export function endOfNumber(bytes: Uint8Array, start: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let end = endOfDigits(bytes, first);
  if (end === first || (bytes[first] === ZERO && end > first + 1)) return NO_NUMBER;
  if (bytes[end] === POINT) {
    const fraction = end + 1;
    end = endOfDigits(bytes, fraction);
    if (end === fraction) return NO_NUMBER;
  }
  if (((bytes[end] ?? 0) | LOWER) !== EXPONENT) return end;
  const sign = bytes[end + 1];
  const exponent = sign === PLUS || sign === MINUS ? end + 2 : end + 1;
  end = endOfDigits(bytes, exponent);
  return end === exponent ? NO_NUMBER : end;
}

/** Whether JSON.stringify surely writes this number of JSON in the same way: few digits, nothing superfluous, not small. */
export function isCanonicalNumber(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] === MINUS ? start + 1 : start;
  const point = endOfDigits(bytes, first);
  if (end - first > MAX_DIGITS || (point < end && bytes[point] !== POINT)) return false;
  if (point === end) return bytes[start] !== MINUS || bytes[first] !== ZERO;
  const last = bytes[end - 1];
  const isSmall = bytes[first] === ZERO && bytes[point + 1] === ZERO;
  return last !== ZERO && !isSmall && endOfDigits(bytes, point + 1) === end;
}

function endOfDigits(bytes: Uint8Array, at: number): number {
  let end = at;
  for (;;) {
    const code = bytes[end] ?? 0;
    if (code < ZERO || code > NINE) return end;
    end++;
  }
}
