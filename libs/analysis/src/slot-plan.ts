import type { Leaf } from './template-leaf';
import { VARIABLE, type SkeletonPart, keyOf } from './template-skeleton';
import { PLACEHOLDER, type TemplateToken } from './template-tokens';

const ALL_PLACEHOLDERS = new RegExp(PLACEHOLDER.source, 'g');

/** What stands at one variable of messages with the same masked text, and where its values are among those that masking took out. */
export interface SlotPlan {
  /** Masked. */
  readonly text: string;
  /** Number of its first placeholder in the message. */
  readonly first: number;
  /** How many it has; 0 for a name that is not masked. */
  readonly placeholders: number;
  /** Nothing but one placeholder. */
  readonly isPlain: boolean;
}

/** For each variable of the leaf, in order. */
export function planSlots(
  leaf: Leaf,
  parts: readonly SkeletonPart[],
  tokens: readonly TemplateToken[],
): readonly SlotPlan[] {
  const before = [0];
  for (const token of tokens) before.push((before.at(-1) ?? 0) + countPlaceholders(token.text));
  const plans: SlotPlan[] = [];
  leaf.words.forEach((word, at) => {
    const part = parts[at];
    if (word.text !== VARIABLE || part === undefined) return;
    const text = keyOf(tokens.slice(part.from, part.to)).trimStart();
    const first = before[part.from] ?? 0;
    const placeholders = (before[part.to] ?? 0) - first;
    plans.push({ text, first, placeholders, isPlain: PLACEHOLDER.exec(text)?.[0] === text });
  });
  return plans;
}

/** The value of a variable, from what masking took out of the message. */
export function valueOfSlot(plan: SlotPlan, values: readonly string[]): string {
  if (plan.placeholders === 0) return plan.text;
  if (plan.isPlain) return values[plan.first] ?? '';
  let next = plan.first;
  return plan.text.replace(ALL_PLACEHOLDERS, () => values[next++] ?? '');
}

function countPlaceholders(text: string): number {
  return text.includes('<') ? (text.match(ALL_PLACEHOLDERS)?.length ?? 0) : 0;
}
