import { type TemplateForm, generalise } from './template-form';
import { VARIABLE } from './template-skeleton';
import {
  hasLetters,
  isBoolean,
  isContentWord,
  isEntityNoun,
  isEventWord,
  isNamedConstant,
  isPlainWord,
} from './word-class';

/** How many different words at one place of otherwise equal messages make it a variable. */
const MIN_WORDS = 5;
/** A message's first word is its subject, and tells events apart more often than not. */
const MIN_FIRST_WORDS = 12;
/** Upper-case constants are meant to be a closed set. */
const MIN_NAMED_CONSTANTS = 16;
/** After "user", "process" and the like a name is expected, so fewer words do; counted over all messages with that noun. */
const MIN_NAMES = 3;
/** A word among values that machines made is a value as well, if there are enough of them. */
const MIN_VARIABLE_SHARE = 0.15;
const MIN_VARIABLE_COUNT = 2;

interface Slot {
  readonly at: number;
  readonly members: number[];
}

/** Merges messages that differ at one place only, where what stands there is a variable by what is known of all its words. */
export function mergeSlots(forms: readonly TemplateForm[]): TemplateForm[] {
  const slots = findSlots(forms);
  const names = namesByNoun(slots, forms);
  const parents = forms.map((_, index) => index);
  for (const slot of slots) {
    if (!isVariableSlot(slot, forms, names)) continue;
    const [first = 0, ...rest] = slot.members.filter((member) => !isBoolean(wordAt(forms, member, slot.at)));
    for (const member of rest) unite(parents, first, member);
  }
  const united = new Map<number, TemplateForm[]>();
  forms.forEach((form, index) => {
    const root = rootOf(parents, index);
    const group = united.get(root);
    if (group === undefined) united.set(root, [form]);
    else group.push(form);
  });
  return [...united.values()].map((group) => (group.length === 1 && group[0] ? group[0] : generalise(group)));
}

/** Places where at least two forms, equal but for them, differ. */
function findSlots(forms: readonly TemplateForm[]): Slot[] {
  const slots = new Map<number, Slot>();
  forms.forEach(({ words }, member) => {
    if (!hasContentBesides(words.map((word) => word.text))) return;
    const before = [17];
    for (const word of words) before.push(mix(before.at(-1) ?? 0, hashOf(word.text, word.hasGap)));
    let after = words.length;
    for (let at = words.length - 1; at >= 0; at -= 1) {
      const word = words[at];
      if (word === undefined) continue;
      if (word.text === VARIABLE || hasLetters(word.text)) {
        const gap = word.hasGap ? 1 : 0;
        const high = mix(mix(before[at] ?? 0, after), at * 2 + gap);
        const low = mix(mix(after ^ 0x5bd1e995, before[at] ?? 0), gap) & 0xfffff;
        const key = (high >>> 0) * 0x100000 + low;
        const slot = slots.get(key);
        if (slot === undefined) slots.set(key, { at, members: [member] });
        else if (slot.at === at) slot.members.push(member);
      }
      after = mix(after, hashOf(word.text, word.hasGap));
    }
  });
  return [...slots.values()].filter((slot) => slot.members.length > 1);
}

/** Two words that carry meaning: with one of them blank, another still says what the message is about. */
function hasContentBesides(words: readonly string[]): boolean {
  let content = 0;
  let hasVariable = false;
  for (const word of words) {
    if (word === VARIABLE) hasVariable = true;
    else if (isContentWord(word)) content += 1;
  }
  return content >= 2 || (content === 1 && hasVariable);
}

function isVariableSlot(
  slot: Slot,
  forms: readonly TemplateForm[],
  names: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const words: string[] = [];
  let total = 0;
  let made = 0;
  for (const member of slot.members) {
    const count = forms[member]?.count ?? 0;
    const word = wordAt(forms, member, slot.at);
    total += count;
    if (word === VARIABLE) made += count;
    else if (!isBoolean(word)) words.push(word);
  }
  if (words.length === 0) return false;
  const content = contentBesides(forms[slot.members[0] ?? 0], slot.at);
  if (content === 0) return false;
  const isFirst = !hasWordBefore(forms[slot.members[0] ?? 0], slot.at);
  if (!isFirst && made >= MIN_VARIABLE_COUNT && made >= MIN_VARIABLE_SHARE * total) return true;
  if (mostOf(words, isEventWord)) return false;
  const values = words.length + (made > 0 ? 1 : 0);
  if (mostOf(words, isNamedConstant)) return values >= MIN_NAMED_CONSTANTS;
  const noun = nounBefore(forms[slot.members[0] ?? 0], slot.at);
  if (noun !== undefined && (names.get(noun)?.size ?? 0) >= MIN_NAMES) return true;
  return content >= 2 && values >= (isFirst ? MIN_FIRST_WORDS : MIN_WORDS);
}

function namesByNoun(
  slots: readonly Slot[],
  forms: readonly TemplateForm[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const { at, members } of slots) {
    const noun = nounBefore(forms[members[0] ?? 0], at);
    if (noun === undefined) continue;
    const known = names.get(noun) ?? new Set();
    for (const member of members) {
      const word = wordAt(forms, member, at);
      if (isPlainWord(word) && isContentWord(word)) known.add(word);
    }
    names.set(noun, known);
  }
  return names;
}

function wordAt(forms: readonly TemplateForm[], member: number, at: number): string {
  return forms[member]?.words[at]?.text ?? '';
}

function nounBefore(form: TemplateForm | undefined, at: number): string | undefined {
  const word = form?.words[at - 1]?.text ?? '';
  return isEntityNoun(word) ? word.toLowerCase() : undefined;
}

function hasWordBefore(form: TemplateForm | undefined, at: number): boolean {
  return form?.words.slice(0, at).some((word) => hasLetters(word.text)) ?? false;
}

function contentBesides(form: TemplateForm | undefined, at: number): number {
  return form?.words.filter((word, index) => index !== at && isContentWord(word.text)).length ?? 0;
}

function mostOf(words: readonly string[], is: (word: string) => boolean): boolean {
  return words.filter(is).length * 2 > words.length;
}

function hashOf(text: string, hasGap: boolean): number {
  let hash = hasGap ? 0x811c9dc5 : 0x2c1b3c6d;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

function mix(one: number, other: number): number {
  const mixed = Math.imul(one ^ (one >>> 15) ^ other, 0x2c1b3c6d) + other;
  return Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39) | 0;
}

function rootOf(parents: number[], index: number): number {
  let root = index;
  while (parents[root] !== undefined && parents[root] !== root) root = parents[root] ?? root;
  parents[index] = root;
  return root;
}

function unite(parents: number[], one: number, other: number): void {
  const a = rootOf(parents, one);
  const b = rootOf(parents, other);
  if (a !== b) parents[Math.max(a, b)] = Math.min(a, b);
}
