import { PLACEHOLDER } from './template-tokens';
import { DURATION_UNITS, SIZE_UNITS } from './units';

/** What kind of word stands at a place of a message, from the word alone. English, as log messages are. */

const LETTERS = /\p{L}{2}/u;
const PLAIN_WORD = /^[\p{L}\p{M}][\p{L}\p{M}_'-]*$/u;
const MACHINE_NAME = /[A-Za-z0-9][./\\@$][A-Za-z0-9_.]/;
/** "and/or", "read/write": two plain words, not a path. */
const ALTERNATIVE = /^[a-z]+\/[a-z]+$/i;
const NAMED_CONSTANT = /^[A-Z][A-Z_]+$|(?:Exception|Error)$/;
const EVENT_WORD = /(?:ed|ing)$/i;

const BOOLEANS = setOf('true false yes no on off enabled disabled ok failed');
const NOTHINGS = setOf('null none nil undefined n/a empty unknown -');
const ENTITY_NOUNS = setOf(
  'user username account login owner group role host hostname server node peer client domain realm zone region cluster device driver ' +
    'interface module plugin type kind class service daemon process program command executable thread job task worker queue topic table ' +
    'database schema column index bucket volume image container pod namespace deployment file directory folder key tag label package ' +
    'component session stream filesystem partition method function',
);
const FUNCTION_WORDS = setOf(
  'a an and are as at be been but by can cannot could did do does for from had has have if in into is it its not of off on or than that the ' +
    'then there these this to too was were will with without would',
);

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(' '));
}

export function hasLetters(word: string): boolean {
  return LETTERS.test(word);
}

/**
 * A word that a machine made and not a person: it holds a masked value, or is a dotted name or a path. Upper-case constants and names of
 * exceptions are a closed set that tells events apart, so they count as words even where a dotted name ends in one.
 */
export function isMachineWord(word: string): boolean {
  if (PLACEHOLDER.test(word)) return true;
  return MACHINE_NAME.test(word) && !ALTERNATIVE.test(word) && !isNamedConstant(word);
}

export function isNamedConstant(word: string): boolean {
  return NAMED_CONSTANT.test(word.slice(Math.max(word.lastIndexOf('.'), word.lastIndexOf('/')) + 1));
}

export function isPlainWord(word: string): boolean {
  return PLAIN_WORD.test(word);
}

/** Which of two states something is in says what happened, so it is never a value. */
export function isBoolean(word: string): boolean {
  return BOOLEANS.has(word.toLowerCase());
}

/** Stands where a value is missing. */
export function isNothing(word: string): boolean {
  return word === '' || NOTHINGS.has(word.toLowerCase());
}

/** A noun that the name of a thing follows: "user root", "driver usbfs". */
export function isEntityNoun(word: string): boolean {
  return ENTITY_NOUNS.has(word.toLowerCase());
}

/** Participles say what happened: "started", "stopping". */
export function isEventWord(word: string): boolean {
  return EVENT_WORD.test(word);
}

/** Words that carry meaning, unlike "of" and "is". */
export function isContentWord(word: string): boolean {
  return hasLetters(word) && !FUNCTION_WORDS.has(word.toLowerCase());
}

export function isUnit(word: string): boolean {
  const lower = word.toLowerCase();
  return DURATION_UNITS.has(lower) || SIZE_UNITS.has(lower);
}
