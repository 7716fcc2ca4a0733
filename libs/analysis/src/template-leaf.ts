import { hash64 } from '../../kernel/src/masking';
import { kindsOfText } from './wildcard-kind';
import { NO_VALUE, VARIABLE, type SkeletonPart, keyOf } from './template-skeleton';
import type { TemplateToken } from './template-tokens';
import { ValueSketch, type ValueSketchSnapshot } from './value-sketch';

/** Texts that are kept are cut to these lengths, so that a leaf has a bound. */
const MAX_EXAMPLE_CHARS = 400;
const MAX_RAW_CHARS = 160;

/** What stood at one variable of a leaf, masked: all of it where it never differed, else what all of it starts with. */
export interface LeafSlot {
  text: string;
  isSame: boolean;
  /** Bits of `kindsOfText`. */
  kinds: number;
  sketch: ValueSketch | undefined;
}

/** All messages with one skeleton. */
export interface Leaf {
  /** Of the skeleton: the same in every process. */
  readonly id: string;
  readonly words: readonly TemplateToken[];
  /** For each variable of `words`, in order. */
  readonly slots: LeafSlot[];
  /** Id of the leaf that was the first of all that were folded into this one; its own id otherwise. */
  anchor: string;
  /** Number of the first message, from 0. */
  first: number;
  count: number;
  example: string;
  /** Made of several leaves, and open to more that fit its words. */
  readonly isWide: boolean;
}

type SlotSnapshot = readonly [text: string, isSame: 0 | 1, kinds: number, sketch: ValueSketchSnapshot | null];

export type LeafSnapshot = Omit<Leaf, 'id' | 'words' | 'slots'> & {
  readonly words: readonly (readonly [text: string, hasGap: 0 | 1])[];
  readonly slots: readonly SlotSnapshot[];
};

export function createLeaf(parts: readonly SkeletonPart[], first: number, example: string): Leaf {
  const words = parts.map(({ text, hasGap }) => ({ text, hasGap }));
  return { ...emptyLeaf(words, false), first, example: example.slice(0, MAX_EXAMPLE_CHARS) };
}

export function emptyLeaf(words: readonly TemplateToken[], isWide: boolean): Leaf {
  const id = hash64(isWide ? `${keyOf(words)}*` : keyOf(words));
  return {
    id,
    anchor: id,
    words,
    slots: words
      .filter((word) => word.text === VARIABLE)
      .map(() => ({ text: '', isSame: true, kinds: 0, sketch: undefined })),
    first: Number.MAX_SAFE_INTEGER,
    count: 0,
    example: '',
    isWide,
  };
}

/** Takes note of what stands at each variable of a message. Does not count it. */
export function noteTexts(leaf: Leaf, texts: readonly string[], isFirst: boolean): void {
  leaf.slots.forEach((slot, index) => {
    const text = (texts[index] ?? '').slice(0, MAX_RAW_CHARS);
    if (isFirst) slot.text = text;
    else widen(slot, text, true);
    slot.kinds |= kindsOfText(text);
  });
}

/** What two variables have in common, in `slot`. */
export function widen(slot: Pick<LeafSlot, 'text' | 'isSame'>, text: string, isSame: boolean): void {
  if (slot.isSame && isSame && slot.text === text) return;
  let common = 0;
  while (common < text.length && slot.text.charCodeAt(common) === text.charCodeAt(common)) common += 1;
  slot.text = slot.text.slice(0, common);
  slot.isSame = false;
}

/** Adds all that is known of the messages of another leaf: one with the same words, or with words where `leaf` has variables. */
export function absorbLeaf(leaf: Leaf, other: Leaf): void {
  const places = variablePlaces(leaf.words);
  const others = variablePlaces(other.words);
  leaf.slots.forEach((slot, index) => {
    const at = places[index] ?? -1;
    const known = other.slots[others.indexOf(at)];
    if (known === undefined) absorbWord(leaf, slot, other, at);
    else {
      if (leaf.count === 0) Object.assign(slot, { text: known.text, isSame: known.isSame });
      else widen(slot, known.text, known.isSame);
      slot.kinds |= known.kinds;
      if (slot.sketch === undefined) slot.sketch = known.sketch?.copy();
      else if (known.sketch !== undefined) slot.sketch.merge(known.sketch);
    }
  });
  absorbCounts(leaf, other);
}

function absorbWord(leaf: Leaf, slot: LeafSlot, other: Leaf, at: number): void {
  const word = other.words[at]?.text ?? '';
  const text = word === NO_VALUE ? '' : word;
  if (leaf.count === 0) Object.assign(slot, { text, isSame: true });
  else widen(slot, text, true);
  slot.kinds |= kindsOfText(text);
  if (text !== '') (slot.sketch ??= new ValueSketch()).add(text, other.count);
}

function variablePlaces(words: readonly TemplateToken[]): number[] {
  return words.flatMap((word, at) => (word.text === VARIABLE ? [at] : []));
}

/** Counts, order and example only. */
export function absorbCounts(leaf: Leaf, other: Leaf): void {
  const isEarlier = other.first < leaf.first || (other.first === leaf.first && other.anchor < leaf.anchor);
  if (leaf.count === 0 || isEarlier) leaf.anchor = other.anchor;
  const isBetter = other.first < leaf.first || (other.first === leaf.first && other.example < leaf.example);
  if (leaf.count === 0 || isBetter) leaf.example = other.example;
  leaf.first = Math.min(leaf.first, other.first);
  leaf.count += other.count;
}

export function leafToJSON(leaf: Leaf): LeafSnapshot {
  return {
    words: leaf.words.map((word) => [word.text, word.hasGap ? 1 : 0]),
    slots: leaf.slots.map((slot) => [
      slot.text,
      slot.isSame ? 1 : 0,
      slot.kinds,
      slot.sketch?.toJSON() ?? null,
    ]),
    anchor: leaf.anchor,
    first: leaf.first,
    count: leaf.count,
    example: leaf.example,
    isWide: leaf.isWide,
  };
}

export function leafFromJSON(snapshot: LeafSnapshot): Leaf {
  const words = snapshot.words.map(([text, hasGap]) => ({ text, hasGap: hasGap === 1 }));
  const leaf = emptyLeaf(words, snapshot.isWide);
  snapshot.slots.forEach(([text, isSame, kinds, sketch], index) => {
    leaf.slots[index] = {
      text,
      isSame: isSame === 1,
      kinds,
      sketch: sketch === null ? undefined : ValueSketch.fromJSON(sketch),
    };
  });
  return Object.assign(leaf, {
    anchor: snapshot.anchor,
    first: snapshot.first,
    count: snapshot.count,
    example: snapshot.example,
  });
}
