import { DIGIT, HEX_LETTER, LETTER, classOf, isDigitAt, isHexAt, isWordAt } from './char-class';
import { type Codes, codeAt, textOf } from './message-codes';

/** Matchers for typed values. Each looks at a bounded number of characters, or only at those it returns as matched. */

export const DURATION_UNITS = new Set(
  'ns us µs μs ms msec msecs s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days'.split(
    ' ',
  ),
);
export const SIZE_UNITS = new Set(
  'b kb mb gb tb pb kib mib gib tib pib k m g byte bytes bit bits bps kbps mbps gbps'.split(' '),
);
const UUID_GROUPS = [8, 4, 4, 4, 12];

/** Index after the digits and letters that start at `start`. */
export function endOfWord(text: Codes, start: number): number {
  let end = start;
  while (isWordAt(text, end)) end += 1;
  return end;
}

/** Index after the digits that start at `start`. */
export function endOfDigits(text: Codes, start: number): number {
  let end = start;
  while (isDigitAt(text, end)) end += 1;
  return end;
}

/** 8-4-4-4-12 hexadecimal digits; index after them, or -1. */
export function matchUuid(text: Codes, start: number): number {
  let end = start;
  for (let group = 0; group < UUID_GROUPS.length; group += 1) {
    if (group > 0) {
      if (codeAt(text, end) !== 45) return -1;
      end += 1;
    }
    const length = UUID_GROUPS[group] ?? 0;
    for (let count = 0; count < length; count += 1, end += 1) if (!isHexAt(text, end)) return -1;
  }
  return isWordAt(text, end) ? -1 : end;
}

/** Dotted IPv4 address with an optional port or prefix length; index after it, or -1. */
export function matchIpv4(text: Codes, start: number): number {
  let end = start;
  for (let part = 0; part < 4; part += 1) {
    if (part > 0) {
      if (codeAt(text, end) !== 46) return -1;
      end += 1;
    }
    let digits = 0;
    while (digits < 4 && isDigitAt(text, end)) {
      digits += 1;
      end += 1;
    }
    if (digits === 0 || digits > 3) return -1;
  }
  if (isWordAt(text, end) || (codeAt(text, end) === 46 && isDigitAt(text, end + 1))) return -1;
  return skipPort(text, end);
}

function skipPort(text: Codes, index: number): number {
  const mark = codeAt(text, index);
  if ((mark !== 58 && mark !== 47) || !isDigitAt(text, index + 1)) return index;
  let end = index + 1;
  while (end - index < 7 && isDigitAt(text, end)) end += 1;
  return end - index > 6 || isWordAt(text, end) ? index : end;
}

export interface ColonMatch {
  readonly end: number;
  readonly kind: 'ip' | 'hex';
}

/** IPv6 address ('ip') or six pairs as in a MAC address ('hex'). */
export function matchColonHex(text: Codes, start: number): ColonMatch | undefined {
  let end = start;
  let groups = 0;
  let pairs = 0;
  let hasGap = false;
  while (groups <= 8 && end - start <= 46) {
    const from = end;
    while (end - from < 5 && isHexAt(text, end)) end += 1;
    if (end - from > 4) return undefined;
    if (end > from) groups += 1;
    if (end - from === 2) pairs += 1;
    if (codeAt(text, end) !== 58) break;
    if (codeAt(text, end + 1) === 58) {
      if (hasGap) return undefined;
      hasGap = true;
      end += 2;
      if (!isHexAt(text, end)) break;
    } else if (isHexAt(text, end + 1)) end += 1;
    else break;
  }
  if (isWordAt(text, end)) return undefined;
  if (groups === 8 || (hasGap && groups >= 1 && groups <= 7)) return { end, kind: 'ip' };
  return groups === 6 && pairs === 6 ? { end, kind: 'hex' } : undefined;
}

export interface NumberMatch {
  readonly end: number;
  readonly kind: 'num' | 'duration' | 'size';
}

/** Digits with dots (also versions), an exponent, and a unit that is written without a space. Undefined where letters follow that are no unit. */
export function matchNumber(text: Codes, start: number): NumberMatch | undefined {
  let end = start;
  let kind: NumberMatch['kind'] = 'num';
  for (;;) {
    end = endOfDottedDigits(text, end);
    const mark = classOf(codeAt(text, end));
    if ((mark & LETTER) === 0) return { end, kind };
    const exponent = endOfExponent(text, end);
    if (exponent >= 0) return { end: exponent, kind };
    let unitEnd = end;
    while (unitEnd - end < 8 && (classOf(codeAt(text, unitEnd)) & LETTER) !== 0) unitEnd += 1;
    const written = textOf(text, end, unitEnd);
    const unit = written.toLowerCase();
    // Minutes are written small, megabytes are not.
    const isDuration = written !== 'M' && DURATION_UNITS.has(unit);
    if (!isDuration && !SIZE_UNITS.has(unit)) return undefined;
    if (isDuration && isDigitAt(text, unitEnd)) {
      kind = 'duration';
      end = unitEnd;
      continue;
    }
    return isWordAt(text, unitEnd) ? undefined : { end: unitEnd, kind: isDuration ? 'duration' : 'size' };
  }
}

function endOfDottedDigits(text: Codes, start: number): number {
  let end = start;
  while (isDigitAt(text, end) || (codeAt(text, end) === 46 && isDigitAt(text, end + 1))) end += 1;
  return end;
}

function endOfExponent(text: Codes, start: number): number {
  const code = codeAt(text, start);
  if (code !== 69 && code !== 101) return -1;
  const sign = codeAt(text, start + 1);
  let end = sign === 43 || sign === 45 ? start + 2 : start + 1;
  const digits = end;
  while (end - digits < 5 && isDigitAt(text, end)) end += 1;
  return end === digits || isWordAt(text, end) ? -1 : end;
}

export type WordKind = 'plain' | 'num' | 'hex' | 'suffixed' | 'id';

/**
 * What a run of digits and letters is: plain text, a number, hexadecimal (8 or more with a digit, or 16 or more), letters with a number after them, or an
 * identifier of both mixed.
 */
export function kindOfWord(text: Codes, start: number, end: number): WordKind {
  let digits = 0;
  let isHex = true;
  let turns = 0;
  let wasDigit = false;
  for (let index = start; index < end; index += 1) {
    const bits = classOf(codeAt(text, index));
    const isDigit = (bits & DIGIT) !== 0;
    if (isDigit) digits += 1;
    else if ((bits & HEX_LETTER) === 0) isHex = false;
    if (index > start && isDigit !== wasDigit) turns += 1;
    wasDigit = isDigit;
  }
  const length = end - start;
  if (digits === length) return 'num';
  if (isHex && ((digits > 0 && length >= 8) || length >= 16)) return 'hex';
  if (digits === 0) return 'plain';
  return turns === 1 && wasDigit ? 'suffixed' : 'id';
}
