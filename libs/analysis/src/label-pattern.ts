/**
 * When a rule applies: every phrase of `allOf`, at least one of `anyOf`, none of `noneOf` (each where given; a rule with neither of the first two never
 * applies). A phrase is lower-case words in a row; a word that ends in '*' stands for all that start so, and '..' for up to five words. Plain data, so
 * that projects can add rules.
 */
export interface PatternMatcher {
  readonly allOf?: readonly string[];
  readonly anyOf?: readonly string[];
  readonly noneOf?: readonly string[];
}

export interface PatternLabelRule {
  readonly label: string;
  readonly matcher: PatternMatcher;
}

export interface LabelledText {
  /** The template, or a message. */
  readonly text: string;
  /** One message of it, for what masking hides (status codes). */
  readonly example?: string;
}

const GAP = '..';
const MAX_GAP_WORDS = 5;
/** Stands between template and example: no phrase goes on across it. */
const BREAK = '\n';
/** What lies beyond is payload. */
const MAX_CHARS = 2048;

/**
 * The labels whose rules a template fulfils, in the order of the rules, each once. Words are compared, not characters: "OutOfMemoryError", "out-of-memory"
 * and "Out of memory" all hold the phrase "out of memory".
 */
export function labelPattern(template: LabelledText, rules: readonly PatternLabelRule[]): readonly string[] {
  const words = [
    ...wordsOf(template.text.slice(0, MAX_CHARS)),
    BREAK,
    ...wordsOf((template.example ?? '').slice(0, MAX_CHARS)),
  ];
  const labels = new Set<string>();
  for (const { label, matcher } of rules) if (isMatch(words, matcher)) labels.add(label);
  return [...labels];
}

function isMatch(words: readonly string[], { allOf, anyOf, noneOf }: PatternMatcher): boolean {
  if (allOf === undefined && anyOf === undefined) return false;
  const has = (phrase: string): boolean => hasPhrase(words, phrase.split(' '));
  return (allOf ?? []).every(has) && (anyOf === undefined || anyOf.some(has)) && !(noneOf ?? []).some(has);
}

function hasPhrase(words: readonly string[], phrase: readonly string[]): boolean {
  for (let at = 0; at < words.length; at += 1) if (startsPhrase(words, at, phrase, 0)) return true;
  return false;
}

/** Whether the words from `at` on are those of the phrase from `from` on. */
function startsPhrase(
  words: readonly string[],
  at: number,
  phrase: readonly string[],
  from: number,
): boolean {
  let place = at;
  for (let index = from; index < phrase.length; index += 1, place += 1) {
    const wanted = phrase[index] ?? '';
    if (wanted === GAP) return continuesAfterGap(words, place, phrase, index + 1);
    if (!isWord(words[place] ?? BREAK, wanted)) return false;
  }
  return true;
}

function continuesAfterGap(
  words: readonly string[],
  at: number,
  phrase: readonly string[],
  from: number,
): boolean {
  for (let place = at; place <= at + MAX_GAP_WORDS && place < words.length; place += 1) {
    if (startsPhrase(words, place, phrase, from)) return true;
    if (words[place] === BREAK) return false;
  }
  return false;
}

function isWord(word: string, wanted: string): boolean {
  return wanted.endsWith('*') ? word.startsWith(wanted.slice(0, -1)) : word === wanted;
}

/** Runs of letters and digits, camel case cut apart, in lower case. */
function wordsOf(text: string): string[] {
  return text
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}
