import { VALUE_KINDS, type ValueKind } from './mask-message';
import { PLACEHOLDER } from './template-tokens';
import { DURATION_UNITS } from './units';

/** Of what sort the values of a variable are; `any` where they are of several. */
export type WildcardKind = ValueKind | 'name' | 'list' | 'any';

const KINDS: readonly WildcardKind[] = [...VALUE_KINDS, 'name', 'list'];
/** Kinds that are hard to tell from one another, and what they are together. */
const BROADER: readonly (readonly [of: readonly WildcardKind[], kind: WildcardKind])[] = [
  [['num', 'duration'], 'duration'],
  [['num', 'size'], 'size'],
  [['num', 'hex', 'id'], 'id'],
  [['num', 'hex', 'id', 'uuid', 'name'], 'id'],
  [['path', 'url', 'name'], 'path'],
  [['ip', 'name', 'id'], 'name'],
];

/** A set of one kind (or none, of an empty text), as bits. */
export function kindsOfText(text: string): number {
  if (text === '') return 0;
  return bitOf(kindOfText(text));
}

function kindOfText(text: string): WildcardKind {
  const placeholder = PLACEHOLDER.exec(text);
  if (placeholder === null) return 'name';
  const kind = placeholder[0].slice(1, -1) as ValueKind;
  if (placeholder[0] === text) return kind;
  const unit = /^[<>]?<num> ?(\p{L}+)$/u.exec(text)?.[1];
  if (unit !== undefined) return DURATION_UNITS.has(unit.toLowerCase()) ? 'duration' : 'size';
  return /[\s,;|]/.test(text) ? 'list' : 'id';
}

function bitOf(kind: WildcardKind): number {
  return 1 << KINDS.indexOf(kind);
}

/** The kind that says most about all values of a set. */
export function kindOfSet(kinds: number): WildcardKind {
  const single = KINDS.find((kind) => kinds === bitOf(kind));
  if (single !== undefined) return single;
  return (
    BROADER.find(([of]) => (kinds & ~of.reduce((bits, kind) => bits | bitOf(kind), 0)) === 0)?.[1] ?? 'any'
  );
}
