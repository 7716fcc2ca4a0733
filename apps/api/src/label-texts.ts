import { setImmediate } from 'node:timers/promises';
import {
  labelPattern,
  type LabelledText,
  type PatternLabelRule,
} from '../../../libs/analysis/src/label-pattern';

/** About 0.1 ms each (measured), so that no request waits long behind many of them. */
const TEXTS_AT_ONCE = 100;

/** The labels of each text, in order. Lets other requests have their turn in between. */
export async function labelTexts(
  texts: readonly LabelledText[],
  rules: readonly PatternLabelRule[],
): Promise<readonly (readonly string[])[]> {
  const labels: (readonly string[])[] = [];
  for (const text of texts) {
    if (labels.length > 0 && labels.length % TEXTS_AT_ONCE === 0) await setImmediate();
    labels.push(labelPattern(text, rules));
  }
  return labels;
}
