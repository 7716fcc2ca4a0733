import { VARIABLE, keyOf } from './template-skeleton';
import type { TemplateToken } from './template-tokens';

/** Words and variables that some messages have in common, with how many there were and which leaves they came from. */
export interface TemplateForm {
  readonly words: readonly TemplateToken[];
  /** Messages. */
  readonly count: number;
  /** Indices of the leaves, ascending. */
  readonly leaves: readonly number[];
}

/** Forms with the same words become one. The order of the first ones is kept. */
export function regroup(forms: readonly TemplateForm[]): TemplateForm[] {
  const byKey = new Map<string, TemplateForm[]>();
  for (const form of forms) {
    const key = keyOf(form.words);
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [form]);
    else same.push(form);
  }
  return [...byKey.values()].map((same) => joinForms(same, same[0]?.words ?? []));
}

/** One form for several of the same length: what differs becomes a variable. */
export function generalise(forms: readonly TemplateForm[]): TemplateForm {
  const words = (forms[0]?.words ?? []).map((word, at) =>
    forms.every((form) => form.words[at]?.text === word.text) ? word : { ...word, text: VARIABLE },
  );
  return joinForms(forms, words);
}

/** All messages of some forms, under the words given. */
function joinForms(forms: readonly TemplateForm[], words: readonly TemplateToken[]): TemplateForm {
  const [only, ...others] = forms;
  if (only !== undefined && others.length === 0) return { ...only, words };
  return {
    words,
    count: forms.reduce((sum, form) => sum + form.count, 0),
    leaves: forms.flatMap((form) => form.leaves).sort((a, b) => a - b),
  };
}

/** The form with variables at some places. */
export function withVariables(form: TemplateForm, places: ReadonlySet<number>): TemplateForm {
  if (places.size === 0) return form;
  return {
    ...form,
    words: form.words.map((word, at) => (places.has(at) ? { ...word, text: VARIABLE } : word)),
  };
}
