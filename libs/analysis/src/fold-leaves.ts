import { type Leaf, absorbCounts, absorbLeaf, emptyLeaf } from './template-leaf';
import { VARIABLE } from './template-skeleton';
import type { TemplateToken } from './template-tokens';

/** The word of the leaf that counts all messages whose own leaves were given up. No message has it. */
export const REST_WORDS: readonly TemplateToken[] = [{ text: '\u0003', hasGap: false }];

export interface Folded {
  readonly leaves: readonly Leaf[];
  /** Ids of leaves that are gone, and of those that they are part of now. */
  readonly aliases: readonly (readonly [id: string, into: string])[];
}

/**
 * Fewer leaves for the same messages: leaves of one template become one leaf, open to more that fit. Where more than `most` are left, the
 * rarest go to one leaf that stands for all the rest.
 */
export function foldLeaves(groups: readonly (readonly Leaf[])[], most: number): Folded {
  const aliases: (readonly [string, string])[] = [];
  const folded = groups.map((leaves) => foldSame(leaves, aliases));
  if (folded.length <= most) return { leaves: folded, aliases };
  const rest = emptyLeaf(REST_WORDS, false);
  const byCount = folded
    .filter((leaf) => leaf.id !== rest.id)
    .sort((a, b) => b.count - a.count || a.first - b.first);
  const kept = byCount.slice(0, most - 1);
  for (const leaf of folded.filter((one) => one.id === rest.id)) absorbCounts(rest, leaf);
  for (const leaf of byCount.slice(most - 1)) {
    absorbCounts(rest, leaf);
    aliases.push([leaf.id, rest.id]);
  }
  rest.anchor = rest.id;
  return { leaves: [...kept, rest], aliases };
}

function foldSame(leaves: readonly Leaf[], aliases: (readonly [string, string])[]): Leaf {
  const [first, ...others] = leaves;
  if (first === undefined || others.length === 0) return first ?? emptyLeaf(REST_WORDS, false);
  const words = first.words.map((word, at) =>
    others.every((leaf) => leaf.words[at]?.text === word.text) ? word : { ...word, text: VARIABLE },
  );
  const wide = emptyLeaf(words, true);
  for (const leaf of leaves) {
    absorbLeaf(wide, leaf);
    if (leaf.id !== wide.id) aliases.push([leaf.id, wide.id]);
  }
  return wide;
}
