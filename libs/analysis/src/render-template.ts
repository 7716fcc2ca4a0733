import { REST_WORDS } from './fold-leaves';
import { type Leaf, type LeafSlot, widen } from './template-leaf';
import { NO_VALUE, VARIABLE, keyOf } from './template-skeleton';
import { PLACEHOLDER, type TemplateToken } from './template-tokens';
import { ValueSketch } from './value-sketch';
import { type WildcardKind, kindOfSet, kindsOfText } from './wildcard-kind';

/** A variable of a template and what is known of its values. */
export interface TemplateWildcard {
  readonly kind: WildcardKind;
  /** Of a sample: the first values and then some (see TemplateMiner). */
  readonly sampled: number;
  /** How many different ones, about. */
  readonly distinct: number;
  /** Most frequent first. */
  readonly topValues: readonly (readonly [value: string, count: number])[];
  /** Where all of them are numbers. */
  readonly range?: readonly [min: number, max: number];
}

export interface RenderedTemplate {
  /** With typed wildcards: "user <name> took <duration>". */
  readonly text: string;
  readonly wildcards: readonly TemplateWildcard[];
}

const ALL_PLACEHOLDERS = new RegExp(PLACEHOLDER.source, 'g');
/** What may follow the constant beginning of a value. */
const BOUNDARY = /[^\p{L}\p{N}\p{M}]/u;

/** Writes down what the messages of some leaves, all of one length, have in common. Pure; the order of the leaves does not matter. */
export function renderTemplate(leaves: readonly Leaf[]): RenderedTemplate {
  const ordered = [...leaves].sort((a, b) => (a.id < b.id ? -1 : 1));
  const first = ordered[0];
  if (first === undefined) return { text: '', wildcards: [] };
  if (keyOf(first.words) === keyOf(REST_WORDS)) return { text: '<*>', wildcards: [] };
  const slotIndices = ordered.map(slotIndicesOf);
  const wildcards: TemplateWildcard[] = [];
  let text = '';
  first.words.forEach((word, at) => {
    const members = ordered.map((leaf, index) => slotAt(leaf, at, slotIndices[index]?.[at] ?? -1));
    const constant = constantOf(members);
    const gap = word.hasGap && text !== '' ? ' ' : '';
    if (constant !== undefined) {
      text += gap + constant;
      return;
    }
    const slot = joinSlots(members);
    const rendered = renderSlot(slot);
    text += gap + rendered;
    if (PLACEHOLDER_OR_WILDCARD.test(rendered)) wildcards.push(describe(slot));
  });
  return { text, wildcards };
}

const PLACEHOLDER_OR_WILDCARD = /<[a-z*]+>/;

type Member = LeafSlot & { readonly isWord: boolean; readonly count: number };

function slotIndicesOf(leaf: Leaf): number[] {
  let next = 0;
  return leaf.words.map((word) => (word.text === VARIABLE ? next++ : -1));
}

function slotAt(leaf: Leaf, at: number, slotIndex: number): Member {
  const { count } = leaf;
  const slot = leaf.slots[slotIndex];
  if (slot !== undefined) return { ...slot, isWord: false, count };
  const word: TemplateToken | undefined = leaf.words[at];
  const text = word === undefined || word.text === NO_VALUE ? '' : word.text;
  return { text, isSame: true, kinds: kindsOfText(text), sketch: undefined, isWord: true, count };
}

/** The word that stands in all of them, or a value that never changed and was not masked ("org.example.Main"). */
function constantOf(members: readonly Member[]): string | undefined {
  const text = members[0]?.text ?? '';
  if (members.some((member) => !member.isSame || member.text !== text)) return undefined;
  return members.every((member) => member.isWord) || !PLACEHOLDER.test(text) ? text : undefined;
}

function joinSlots(members: readonly Member[]): LeafSlot {
  const [first, ...rest] = members;
  const slot: LeafSlot = {
    text: first?.text ?? '',
    isSame: first?.isSame ?? true,
    kinds: 0,
    sketch: new ValueSketch(),
  };
  for (const member of rest) widen(slot, member.text, member.isSame);
  for (const member of members) {
    slot.kinds |= member.kinds;
    if (member.sketch !== undefined) slot.sketch?.merge(member.sketch);
    else if (member.isWord && member.text !== '') slot.sketch?.add(member.text, member.count);
  }
  return slot;
}

/** What never differed but in its values is shown as it is, with one wildcard a word; of the rest the beginning that is always the same. */
function renderSlot(slot: LeafSlot): string {
  if (slot.isSame) return slot.text.split(' ').map(foldWord).join(' ');
  return stemOf(slot.text) + `<${wildcardName(slot.kinds)}>`;
}

/** "attempt_<num>_<num>_m_<num>" is one identifier: "attempt_<id>". */
function foldWord(word: string): string {
  const places = [...word.matchAll(ALL_PLACEHOLDERS)];
  const [first, second] = places;
  const last = places.at(-1);
  if (first === undefined || second === undefined || last === undefined) return word;
  if (!/[\p{L}_]/u.test(word.slice(first.index + first[0].length, last.index).replace(ALL_PLACEHOLDERS, '')))
    return word;
  return `${word.slice(0, first.index)}<id>${word.slice(last.index + last[0].length)}`;
}

/** The beginning of a value that all have, up to its last whole part: "blk_", "org.example.". */
function stemOf(text: string): string {
  const open = text.indexOf('<');
  const stem = open >= 0 ? text.slice(0, open) : text;
  let end = stem.length;
  while (end > 0 && !BOUNDARY.test(stem.charAt(end - 1))) end -= 1;
  return stem.slice(0, end);
}

function wildcardName(kinds: number): string {
  const kind = kindOfSet(kinds);
  return kind === 'any' ? '*' : kind;
}

function describe(slot: LeafSlot): TemplateWildcard {
  const sketch = slot.sketch ?? new ValueSketch();
  const { range } = sketch;
  return {
    kind: kindOfSet(slot.kinds),
    sampled: sketch.seen,
    distinct: sketch.distinct,
    topValues: sketch.topValues(),
    ...(range === undefined ? {} : { range }),
  };
}
