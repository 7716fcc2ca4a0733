/** The score of one series at one instant, from 0 to 1, comparable between series. */
export interface SeriesScore<Series> {
  readonly series: Series;
  readonly score: number;
}

export interface GroupScore<Series> {
  /** From 0 to 1, comparable between groups of any size. */
  readonly score: number;
  /** How many series were judged, and how many of them had an anomaly of their own. */
  readonly series: number;
  readonly anomalous: number;
  /** The series that speak loudest, the loudest first. */
  readonly contributors: readonly SeriesScore<Series>[];
}

export const GROUP_METHOD = 'top-root-mean/1';

const ANOMALOUS = 0.5;

/**
 * One anomaly score for a group of series: the mean of the highest score and of the mean of the ⌈√n⌉ highest of n scores (a trimmed mean over
 * the upper tail). A single odd series counts for half at most, however many stay calm; several that are odd together count for more; the
 * many calm ones of a large group neither hide them, as in a mean over all, nor add up to an alarm, as in a sum.
 *
 * @param mostContributors how many of the loudest series are named
 */
export function groupScore<Series>(
  scores: readonly SeriesScore<Series>[],
  mostContributors: number,
): GroupScore<Series> {
  const loudest = [...scores].sort((one, other) => other.score - one.score);
  const upper = loudest.slice(0, Math.ceil(Math.sqrt(loudest.length)));
  const mean = upper.reduce((sum, { score }) => sum + score, 0) / Math.max(1, upper.length);
  return {
    score: ((loudest[0]?.score ?? 0) + mean) / 2,
    series: loudest.length,
    anomalous: loudest.filter(({ score }) => score >= ANOMALOUS).length,
    contributors: loudest.slice(0, mostContributors).filter(({ score }) => score > 0),
  };
}
