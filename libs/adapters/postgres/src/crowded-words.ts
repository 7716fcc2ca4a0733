import { lowerCaseOf } from '../../../core/src/logs/parse-search';

/** What log_words leaves between words: of ASCII, what is no letter or digit. */
const APART = '[\\u0001-/:-@\\u005b-\\u0060\\u007b-\\u007f]';
/** PostgreSQL knows one lower case of Σ, whoever writes has two: ς at the end of a word. */
const SIGMAS = /[σς]/g;
/** A word that is there more often than PostgreSQL keeps places of takes at least so many bytes, with what separates it. */
const CROWDED_BYTES = 512;

/**
 * Of each word, PostgreSQL keeps the first 256 places in a message. Behind them it does not find a phrase with such a word: in a
 * stack trace of 300 lines, no `com.example.Orders` of the last. Their text is looked at itself then, by these patterns.
 */
export function phrasePatterns(phrases: readonly string[]): readonly string[] {
  return phrases
    .map((phrase) => lowerCaseOf(phrase).match(/[\p{L}\p{N}]+/gu) ?? [])
    .filter((words) => words.length > 1)
    .map((words) => `(^|${APART})${words.join(`${APART}+`).replace(SIGMAS, '[σς]')}(${APART}|$)`);
}

/** The condition that a message is long enough for that and has all the patterns, given as an array. */
export function hasPatterns(message: string, patterns: string): string {
  return `(octet_length(${message}) >= ${CROWDED_BYTES}
    AND lower(log_words(${message}) COLLATE "C") ~ ALL(${patterns}))`;
}

/** The terms of a phrase in any order: what the index of words tells of it. */
export function wordsOf(phrase: string): string {
  return `plainto_tsquery('pg_catalog.simple'::regconfig, log_words(${phrase}))`;
}

/** Whether a phrase has to be asked for with either sigma. */
export function hasSigma(phrase: string): boolean {
  return phrase.toLowerCase().search(SIGMAS) >= 0;
}

/** The terms as text, each that ends with one sigma or the other: `ΣΦΑΛΜΑΤΟΣ` is `σφαλματοσ` in the index, `σφαλματος` is what it is. */
export function withEitherSigma(terms: string): string {
  return `regexp_replace(CAST(${terms} AS text), '''([^'']*)[σς]''', '(''\\1σ'' | ''\\1ς'')', 'g')`;
}
