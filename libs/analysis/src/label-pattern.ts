/**
 * When a rule applies: every phrase of `allOf`, at least one of `anyOf`, none of `noneOf` (each where given; a rule with neither of the first two never
 * applies). A phrase is lower-case words in a row; a word that ends in '*' stands for all that start so. Plain data, so that projects can add rules.
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

/** What lies beyond is payload. */
const MAX_CHARS = 2048;

/**
 * The labels whose rules a template fulfils, in the order of the rules, each once. Words are compared, not characters: "OutOfMemoryError", "out-of-memory"
 * and "Out of memory" all hold the phrase "out of memory".
 */
export function labelPattern(template: LabelledText, rules: readonly PatternLabelRule[]): readonly string[] {
  const words = wordsOf(
    `${template.text.slice(0, MAX_CHARS)}\n${(template.example ?? '').slice(0, MAX_CHARS)}`,
  );
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
  for (let at = 0; at + phrase.length <= words.length; at += 1)
    if (phrase.every((word, offset) => isWord(words[at + offset] ?? '', word))) return true;
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
