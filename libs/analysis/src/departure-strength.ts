const USUAL_SCORE = 2;
const MAX_STRENGTH = 6;

/**
 * How much a departure counts as evidence, from its score in units of the usual spread: next to nothing up to 2, then its logarithm (a score of 8
 * counts 1.4, of 80 3.7), at most 6. Differences of scale between services matter less than whether something departed at all.
 */
export function departureStrength(score: number): number {
  return Math.min(MAX_STRENGTH, Math.log1p((score / USUAL_SCORE) ** 2) / 2);
}
