import { mergeKeyValues } from './merge-key-values';
import { mergeSlots } from './merge-slots';
import { type TemplateForm, regroup } from './template-form';
import type { TemplateToken } from './template-tokens';

/**
 * Which skeletons of messages are one template. A pure function of the skeletons and their counts: neither the order of the messages nor how they
 * were spread over workers matters.
 */
export function mergeLeaves(
  leaves: readonly { readonly words: readonly TemplateToken[]; readonly count: number }[],
): TemplateForm[] {
  const forms = mergeKeyValues(leaves.map(({ words, count }, index) => ({ words, count, leaves: [index] })));
  return regroup(mergeSlots(forms));
}
