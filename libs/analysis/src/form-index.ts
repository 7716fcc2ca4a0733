import { VARIABLE } from './template-skeleton';
import type { TemplateToken } from './template-tokens';

/** Of one length; a look-up compares with each. */
const MAX_FORMS = 512;

/** Finds the form that a message's words fit: equal words, and anything where the form has a variable. */
export class FormIndex<Target> {
  private readonly byLength = new Map<number, { words: readonly TemplateToken[]; target: Target }[]>();

  /** Forms added first are found first; those past the bound of a length are not kept. */
  add(words: readonly TemplateToken[], target: Target): void {
    const forms = this.byLength.get(words.length);
    if (forms === undefined) this.byLength.set(words.length, [{ words, target }]);
    else if (forms.length < MAX_FORMS) forms.push({ words, target });
  }

  find(words: readonly TemplateToken[]): Target | undefined {
    return this.byLength.get(words.length)?.find((form) => fits(form.words, words))?.target;
  }
}

function fits(form: readonly TemplateToken[], words: readonly TemplateToken[]): boolean {
  return form.every((word, at) => word.text === VARIABLE || word.text === words[at]?.text);
}
