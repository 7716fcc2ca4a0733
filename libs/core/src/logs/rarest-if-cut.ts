/** Counts of groups of records, the largest ones of all. */
export interface CutCounts {
  readonly counts: readonly { readonly count: number }[];
  /** Whether there were more groups than were counted. */
  readonly isCut: boolean;
}

/** How often to take for having occurred what is not among the counted groups: never, or as often as the rarest of them. */
export function rarestIfCut({ counts, isCut }: CutCounts): number {
  return isCut ? counts.reduce((least, { count }) => Math.min(least, count), Infinity) : 0;
}
