import { mergeKeyValues } from './merge-key-values';
import { mergeSlots } from './merge-slots';
import { type TemplateForm, regroup } from './template-form';
import type { TemplateToken } from './template-tokens';

/** Merging what was merged may show further places that vary; more rounds have not been seen to change anything. */
const SLOT_ROUNDS = 2;

/**
 * Which skeletons of messages are one template. A pure function of the skeletons and their counts: neither the order of the messages nor how they
 * were spread over workers matters.
 */
export function mergeLeaves(
  leaves: readonly { readonly words: readonly TemplateToken[]; readonly count: number }[],
): TemplateForm[] {
  let forms = mergeKeyValues(leaves.map(({ words, count }, index) => ({ words, count, leaves: [index] })));
  for (let round = 0; round < SLOT_ROUNDS; round += 1) forms = regroup(mergeSlots(forms));
  return forms;
}
