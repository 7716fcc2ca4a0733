/** What is gathered, in the order in which it is numbered. */
export const GATHER_STEPS = [
  'alerts',
  'patterns',
  'metrics',
  'changes',
  'errors',
  'ranking',
  'edges',
] as const;
export type GatherStep = (typeof GATHER_STEPS)[number];

/** Evidence that one step keeps, at most. */
export const MAX_EVIDENCE_PER_STEP = 99;
const BLOCK = 100;

/**
 * The label of a step's n-th piece of evidence (from 0). Each step has a hundred numbers of its own (alerts E1 …,
 * patterns E101 …), so steps that run in parallel, or again, never give one label to two things.
 */
export function evidenceLabel(step: GatherStep, index: number): string {
  return `E${GATHER_STEPS.indexOf(step) * BLOCK + index + 1}`;
}

/** For putting labels in order: E9 before E10. */
export function numberOfLabel(label: string): number {
  return Number(label.slice(1));
}
