import { type TemplateForm, regroup, withVariables } from './template-form';
import { NO_VALUE, VARIABLE, keyOf } from './template-skeleton';
import { isBoolean, isNothing, isPlainWord } from './word-class';

/** So many different words make values of a key; fewer are an enumeration. */
const MIN_VALUES = 5;
/** One odd value among many words makes no variable. */
const MIN_VARIABLE_SHARE = 0.1;

const DELIMITER = /^[=,;:()[\]{}"'`|<>#&+!?*]$/;

interface Place {
  readonly key: string;
  /** Messages per word; VARIABLE and NO_VALUE among them. */
  readonly counts: Map<string, number>;
}

/**
 * Merges messages that differ in values of key=value pairs only. A key's value is a variable where values that machines made stand among the
 * words, where the key takes five or more different words, in whatever messages, or where it has none in some.
 */
export function mergeKeyValues(forms: readonly TemplateForm[]): TemplateForm[] {
  const families = new Map<string, { members: TemplateForm[]; places: Map<number, Place> }>();
  for (const form of forms) {
    const slots = valuePlaces(form);
    const key = familyKey(form, slots);
    let family = families.get(key);
    if (family === undefined) families.set(key, (family = { members: [], places: new Map() }));
    family.members.push(form);
    for (const at of slots) note(family.places, at, form);
  }
  const wordy = wordyKeys([...families.values()].flatMap(({ places }) => [...places.values()]));
  const merged: TemplateForm[] = [];
  for (const { members, places } of families.values()) {
    for (const member of members) merged.push(withVariables(member, variablePlaces(member, places, wordy)));
  }
  return regroup(merged);
}

function valuePlaces(form: TemplateForm): number[] {
  const places: number[] = [];
  for (let at = 1; at < form.words.length; at += 1) {
    if (form.words[at - 1]?.text !== '=' || !isKey(form, at - 2)) continue;
    const text = form.words[at]?.text ?? '';
    if (!DELIMITER.test(text)) places.push(at);
  }
  return places;
}

function isKey(form: TemplateForm, at: number): boolean {
  return isPlainWord((form.words[at]?.text ?? '').replace(/<num>|[.\d]/g, 'x'));
}

function familyKey(form: TemplateForm, places: readonly number[]): string {
  if (places.length === 0) return keyOf(form.words);
  const blank = new Set(places);
  return keyOf(form.words.map((word, at) => (blank.has(at) ? { text: '=', hasGap: word.hasGap } : word)));
}

function note(places: Map<number, Place>, at: number, form: TemplateForm): void {
  let place = places.get(at);
  if (place === undefined)
    places.set(at, (place = { key: form.words[at - 2]?.text ?? '', counts: new Map() }));
  const text = form.words[at]?.text ?? '';
  place.counts.set(text, (place.counts.get(text) ?? 0) + form.count);
}

/** How many different words a key takes, by name; where it takes only one, that does not count. */
function wordyKeys(places: readonly Place[]): ReadonlyMap<string, number> {
  const words = new Map<string, Set<string>>();
  for (const { key, counts } of places) {
    if (counts.size < 2) continue;
    const known = words.get(key) ?? new Set();
    for (const word of counts.keys())
      if (word !== VARIABLE && word !== NO_VALUE && !isBoolean(word) && !isNothing(word)) known.add(word);
    words.set(key, known);
  }
  return new Map([...words].map(([key, known]) => [key, known.size]));
}

function variablePlaces(
  form: TemplateForm,
  places: ReadonlyMap<number, Place>,
  wordy: ReadonlyMap<string, number>,
): ReadonlySet<number> {
  const variable = new Set<number>();
  for (const [at, { key, counts }] of places) {
    const word = form.words[at]?.text ?? '';
    if (isBoolean(word)) continue;
    if (word === NO_VALUE || (wordy.get(key) ?? 0) >= MIN_VALUES) variable.add(at);
    if (counts.size < 2) continue;
    let total = 0;
    for (const count of counts.values()) total += count;
    const made = counts.get(VARIABLE) ?? 0;
    if (counts.has(NO_VALUE) || made >= MIN_VARIABLE_SHARE * total) variable.add(at);
  }
  return variable;
}
