/** One word or one mark of punctuation of a masked message. */
export interface TemplateToken {
  readonly text: string;
  /** Whether white space stands before it. */
  readonly hasGap: boolean;
}

export const PLACEHOLDER = /<(?:num|hex|uuid|ip|path|url|time|duration|size|email|quoted|id)>/;
/** Longer messages are told apart by their beginning. */
const MAX_TOKENS = 160;

const MAX_PLACEHOLDER_CHARS = 10;
const LESS_THAN = 60;
const DOT = 46;
const DASH = 45;
const DELIMITERS = flagsOf('=,;:()[]{}"\'`|<>#&+!?*');

function flagsOf(chars: string): Uint8Array {
  const flags = new Uint8Array(128);
  for (const char of chars) flags[char.charCodeAt(0)] = 1;
  return flags;
}

/**
 * Cuts a masked message into words and punctuation. A placeholder belongs to the word around it ("worker-<num>"); dots and dashes are words of
 * their own only at the end of one or in a row.
 */
export function tokenizeMasked(masked: string): TemplateToken[] {
  const tokens: TemplateToken[] = [];
  let hasGap = false;
  let at = 0;
  while (at < masked.length && tokens.length < MAX_TOKENS) {
    const code = masked.charCodeAt(at);
    if (code === 32 || code === 10) {
      hasGap = true;
      at += 1;
      continue;
    }
    const end = endOfToken(masked, at);
    const stem = endOfStem(masked, at, end);
    tokens.push({ text: masked.slice(at, stem), hasGap });
    if (stem < end) tokens.push({ text: masked.slice(stem, end), hasGap: false });
    hasGap = false;
    at = end;
  }
  return tokens;
}

function endOfToken(masked: string, start: number): number {
  if (isDotRun(masked, start)) {
    let end = start;
    while (masked.charCodeAt(end) === DOT) end += 1;
    return end;
  }
  let end = start;
  while (end < masked.length) {
    const code = masked.charCodeAt(end);
    if (code === 32 || code === 10 || isDotRun(masked, end)) return end;
    const placeholder = code === LESS_THAN ? placeholderChars(masked, end) : 0;
    if (placeholder > 0) end += placeholder;
    else if (code < 128 && DELIMITERS[code] === 1) return end === start ? end + 1 : end;
    else end += 1;
  }
  return end;
}

/** Before the dots or dashes that end a word; `end` where there are none, and where there is nothing else. */
function endOfStem(masked: string, start: number, end: number): number {
  const last = masked.charCodeAt(end - 1);
  if (last !== DOT && last !== DASH) return end;
  let stem = end;
  while (stem > start && masked.charCodeAt(stem - 1) === last) stem -= 1;
  return stem === start ? end : stem;
}

function isDotRun(masked: string, index: number): boolean {
  return masked.charCodeAt(index) === DOT && masked.charCodeAt(index + 1) === DOT;
}

function placeholderChars(masked: string, index: number): number {
  const close = masked.indexOf('>', index);
  if (close < 0 || close - index >= MAX_PLACEHOLDER_CHARS) return 0;
  const match = PLACEHOLDER.exec(masked.slice(index, close + 1));
  return match?.index === 0 ? close + 1 - index : 0;
}
