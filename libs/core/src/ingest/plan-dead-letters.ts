import { maskMessage } from '../../../analysis/src/mask-message';
import type { RejectedLine } from './write-outcome';

/** Refused lines of a batch that are set aside together. */
export interface PlannedDeadLetter {
  readonly reason: string;
  /** Of the lines, in the order of the batch. */
  readonly indices: readonly number[];
}

/**
 * Of one batch. Each is a write of its own to the queue's disk: a batch of 4,000 that was set aside line by line took longer than its lease,
 * and was done again and again (measured).
 */
export const MAX_DEAD_LETTERS = 20;

/**
 * Sets lines aside together whose reasons differ in values only, for stores quote the record in what they hold against it. Where
 * there are still more reasons than dead letters may be, those that come last share one.
 */
export function planDeadLetters(rejected: readonly RejectedLine[]): readonly PlannedDeadLetter[] {
  const letters = new Map<string | undefined, RejectedLine[]>();
  for (const line of rejected) {
    const kind = maskMessage(line.reason);
    const key = letters.has(kind) || letters.size < MAX_DEAD_LETTERS - 1 ? kind : undefined;
    const letter = letters.get(key);
    if (letter === undefined) letters.set(key, [line]);
    else letter.push(line);
  }
  return [...letters.values()].map((lines) => ({
    reason: reasonOf(lines),
    indices: lines.map(({ index }) => index),
  }));
}

function reasonOf(lines: readonly RejectedLine[]): string {
  const first = lines[0]?.reason ?? '';
  if (lines.every(({ reason }) => reason === first)) return first;
  return `${first} (the first of ${lines.length}, whose reasons differ)`;
}
