import { MAD_TO_SIGMA, median } from '../../../analysis/src/robust-statistics';

/** Errors per bucket, and which buckets stand out. */
export interface ErrorSpikes {
  /** Median count. */
  readonly baseline: number;
  readonly threshold: number;
  /** How the threshold comes about, in words with figures. */
  readonly reason: string;
  readonly buckets: readonly {
    readonly startMs: number;
    readonly count: number;
    readonly isSpike: boolean;
  }[];
}

const DEVIATIONS = 3;
/** Fewer errors than this in a bucket are never called a spike. */
const LEAST_ERRORS = 5;

/**
 * A bucket is a spike where it has more errors than median + 3 scaled median absolute deviations, than twice the median,
 * and than five. The median and its deviation do not move with the spikes themselves.
 */
export function findErrorSpikes(
  counts: readonly { readonly startMs: number; readonly count: number }[],
): ErrorSpikes {
  const baseline = medianOf(counts.map(({ count }) => count));
  const deviation = MAD_TO_SIGMA * medianOf(counts.map(({ count }) => Math.abs(count - baseline)));
  const unusual = baseline + DEVIATIONS * deviation;
  const threshold = Math.max(unusual, 2 * baseline, LEAST_ERRORS);
  return {
    baseline,
    threshold: round(threshold),
    reason: `the largest of: median + ${DEVIATIONS} scaled median deviations (${round(unusual)}), twice the median (${round(2 * baseline)}), and ${LEAST_ERRORS}`,
    buckets: counts.map(({ startMs, count }) => ({ startMs, count, isSpike: count > threshold })),
  };
}

function medianOf(counts: readonly number[]): number {
  return counts.length === 0 ? 0 : median(counts);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
