const QUOTED_OR_BARE = /"([^"]*)(?:"|$)|[^\s"]+/g;
const HAS_WORD = /[\p{L}\p{N}]/u;

/**
 * Words as they are compared: in lower case, in which İ is an i. JavaScript makes two characters of it, and the second is no
 * letter: `İstanbul` would be two words.
 */
export function lowerCaseOf(words: string): string {
  return words.replaceAll('İ', 'i').toLowerCase();
}

/**
 * The phrases that a LogFilter's `search` asks for; a record matches when its message has all of them, each as words in
 * a row. A part in double quotes is one phrase, and so is a bare token: `blk_123` asks for the words blk and 123 in a
 * row. Parts without a letter or digit ask for nothing.
 */
export function parseSearch(search: string): readonly string[] {
  const phrases = [...search.matchAll(QUOTED_OR_BARE)].map(([token, quoted]) => quoted ?? token);
  return [...new Set(phrases)].filter((phrase) => HAS_WORD.test(phrase));
}
