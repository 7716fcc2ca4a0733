import { PLACEHOLDER, type TemplateToken } from './template-tokens';
import { hasLetters, isMachineWord, isPlainWord, isUnit } from './word-class';

/** Stands for any value. A control character, which no token of a masked message holds. */
export const VARIABLE = '\u0001';

/** Stands for the value of a key that has none. */
export const NO_VALUE = '\u0002';

/** A word or a variable, and which tokens of the message it stands for. */
export interface SkeletonPart {
  /** Itself for a word, VARIABLE for a variable, NO_VALUE where a value could stand. */
  readonly text: string;
  readonly hasGap: boolean;
  /** First token, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** The same value can look like any of these: 10, 1f, 1f0e. */
const NUMBER_LIKE = new Set(['<num>', '<hex>', '<id>']);
const LIST_SEPARATORS = new Set([',', ':', '|', '-', '#', ';', '/', '+', '##']);
const CLOSING = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['<', '>'],
]);
const VALUE_ENDS = new Set([',', ';', ')', ']', '}', '>', '|', '&', '=']);
/** A bracket that is part of a value closes soon. */
const MAX_BRACKET_TOKENS = 40;

/**
 * What is left of a message when its values are taken out: machine-made words become variables, and what belongs to one value becomes one
 * variable: lists of values however long, a number with its unit, empty brackets where others hold a value, and values of key=value pairs
 * with their brackets. A message without a single word is left as it is, so that two of them are never one by accident.
 */
export function skeletonOf(tokens: readonly TemplateToken[]): SkeletonPart[] {
  const parts = foldLists(foldUnits(findVariables(tokens), tokens), tokens);
  return parts.some((part) => hasLetters(part.text)) ? parts : wordless(tokens);
}

export function keyOf(parts: readonly { readonly text: string; readonly hasGap: boolean }[]): string {
  let key = '';
  for (const part of parts) key += part.hasGap ? ` ${part.text}` : part.text;
  return key;
}

function findVariables(tokens: readonly TemplateToken[]): SkeletonPart[] {
  const parts: SkeletonPart[] = [];
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at];
    if (token === undefined) break;
    const next = tokens[at + 1];
    const to = tokens[at - 1]?.text === '=' ? endOfValue(tokens, at) : endOfWords(tokens, at);
    const run = tokens.slice(at, to);
    const isVariable = !isName(token, next) && run.some((part) => isMachineWord(part.text));
    parts.push({ text: isVariable ? VARIABLE : keyOf(run).trimStart(), hasGap: token.hasGap, from: at, to });
    if (token.text === '=' && isValueMissing(tokens, at))
      parts.push({ text: NO_VALUE, hasGap: false, from: to, to });
    // "()" after a space is a value that is missing, "f()" is a call.
    if (token.hasGap && (token.text === '(' || token.text === '[') && isEmptyPair(token, next))
      parts.push({ text: VARIABLE, hasGap: false, from: to, to });
    at = to;
  }
  return parts;
}

/** Keys, and what is called or located ("mice.c(1766)"), are named by who wrote the message. */
function isName(token: TemplateToken, next: TemplateToken | undefined): boolean {
  if (next?.text === '=') return true;
  return next?.text === '(' && !next.hasGap && !PLACEHOLDER.test(token.text);
}

/** "user= rhost=": nothing follows but the next key, or the end. */
function isValueMissing(tokens: readonly TemplateToken[], equals: number): boolean {
  const next = tokens[equals + 1];
  if (next === undefined) return true;
  return next.hasGap ? tokens[equals + 2]?.text === '=' : next.text !== '=' && VALUE_ENDS.has(next.text);
}

function isEmptyPair(open: TemplateToken, next: TemplateToken | undefined): boolean {
  return next?.text === CLOSING.get(open.text) && !next?.hasGap;
}

/** Of the value that starts at `start`, right after '=': up to white space or the end of a list item, brackets and what is in them included. */
function endOfValue(tokens: readonly TemplateToken[], start: number): number {
  const first = tokens[start];
  if (first === undefined || first.hasGap !== (tokens[start - 1]?.hasGap ?? false) || !hasLetters(first.text))
    return start + 1;
  let end = start + 1;
  while (end < tokens.length) {
    const token = tokens[end];
    if (token === undefined || token.hasGap || VALUE_ENDS.has(token.text)) break;
    const close = CLOSING.get(token.text);
    const closedAt = close === undefined ? end : closeOf(tokens, end, token.text, close);
    if (closedAt < 0) break;
    end = closedAt + 1;
  }
  return tokens[end]?.text === '=' ? start + 1 : end;
}

/** Plain words between a bracket that stands alone and its close ("{ read write }") are one value. */
function endOfWords(tokens: readonly TemplateToken[], start: number): number {
  const open = tokens[start - 1];
  const close = open?.hasGap ? CLOSING.get(open.text) : undefined;
  if (close === undefined) return start + 1;
  let end = start;
  while (isPlainWord(tokens[end]?.text ?? '')) end += 1;
  return end > start && tokens[end]?.text === close ? end : start + 1;
}

function closeOf(tokens: readonly TemplateToken[], open: number, opening: string, closing: string): number {
  let depth = 0;
  for (let at = open; at < tokens.length && at - open < MAX_BRACKET_TOKENS; at += 1) {
    const text = tokens[at]?.text;
    if (text === opening) depth += 1;
    else if (text === closing) depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

/** "1.2 KB" and "800 B", "<1 sec" and "00:17" are each one value. */
function foldUnits(parts: readonly SkeletonPart[], tokens: readonly TemplateToken[]): SkeletonPart[] {
  const folded: SkeletonPart[] = [];
  for (const part of parts) {
    const last = folded.at(-1);
    if (last !== undefined) {
      const isUnitOfLast =
        isUnit(part.text) && last.to - last.from <= 2 && tokens[last.to - 1]?.text === '<num>';
      const isBound =
        part.text === VARIABLE && !part.hasGap && last.hasGap && (last.text === '<' || last.text === '>');
      if ((isUnitOfLast && last.text === VARIABLE) || isBound) {
        folded[folded.length - 1] = { text: VARIABLE, hasGap: last.hasGap, from: last.from, to: part.to };
        continue;
      }
    }
    folded.push(part);
  }
  return folded;
}

function foldLists(parts: readonly SkeletonPart[], tokens: readonly TemplateToken[]): SkeletonPart[] {
  const folded: SkeletonPart[] = [];
  for (const part of parts) {
    const head = part.text === VARIABLE ? headOfList(folded) : -1;
    const first = folded[head];
    const isSpaced = part.hasGap;
    if (first === undefined || (isSpaced && classOfValue(first, tokens) !== classOfValue(part, tokens)))
      folded.push(part);
    else {
      folded.length = head;
      folded.push({ text: VARIABLE, hasGap: first.hasGap, from: first.from, to: part.to });
    }
  }
  return folded;
}

/** How a variable starts: a list is of values of one sort. */
function classOfValue(part: SkeletonPart, tokens: readonly TemplateToken[]): string {
  const text = tokens[part.from]?.text ?? '';
  const placeholder = PLACEHOLDER.exec(text);
  if (placeholder === null) return '';
  const stem = text.slice(0, placeholder.index);
  return stem + (NUMBER_LIKE.has(placeholder[0]) ? '<num>' : placeholder[0]);
}

/** Index of the variable that a further one continues, directly or after separators; -1 where there is none. */
function headOfList(parts: readonly SkeletonPart[]): number {
  for (let back = 1; back <= 3 && back <= parts.length; back += 1) {
    const text = parts[parts.length - back]?.text ?? '';
    if (text === VARIABLE) return parts.length - back;
    if (!LIST_SEPARATORS.has(text) || (back === 2 && text !== '#')) return -1;
  }
  return -1;
}

/** Numbers may look like identifiers ("[<num>]", "[<hex>]"); words with a value in them stay. */
function wordless(tokens: readonly TemplateToken[]): SkeletonPart[] {
  return tokens.map((token, index) => ({
    text: NUMBER_LIKE.has(token.text) ? VARIABLE : token.text,
    hasGap: token.hasGap,
    from: index,
    to: index + 1,
  }));
}
