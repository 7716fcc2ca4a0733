import { GROUP_METHOD, groupScore, type SeriesScore } from '../../../analysis/src/anomalies/group-score';
import type { SeriesProgress, ServiceScore } from './stored-anomaly';

/** How the scores of a service's series become one, and its version. */
export const SERVICE_SCORE_METHOD = GROUP_METHOD;

const MOST_CONTRIBUTORS = 5;
/** Calmer buckets are not kept: most of all are, and they say nothing. */
const LEAST_SCORE = 0.1;

/** The score of each service at each instant from `fromMs` on at which its series were judged, in order of both. */
export function scoreServices(progress: readonly SeriesProgress[], fromMs: number): readonly ServiceScore[] {
  const groups = new Map<string, Map<number, SeriesScore<SeriesProgress>[]>>();
  for (const series of progress) {
    const byInstant = groups.get(series.serviceName) ?? new Map<number, SeriesScore<SeriesProgress>[]>();
    groups.set(series.serviceName, byInstant);
    for (const { atMs, score } of series.recent) {
      if (atMs < fromMs) continue;
      const scores = byInstant.get(atMs);
      if (scores === undefined) byInstant.set(atMs, [{ series, score }]);
      else scores.push({ series, score });
    }
  }
  const scored = [...groups].flatMap(([serviceName, byInstant]) =>
    [...byInstant].map(([atMs, scores]) => {
      const { contributors, ...group } = groupScore(scores, MOST_CONTRIBUTORS);
      return {
        serviceName,
        atMs,
        ...group,
        contributors: contributors.map(({ series: { metricName, tags }, score }) => ({
          metricName,
          tags,
          score,
        })),
      };
    }),
  );
  return scored
    .filter(({ score }) => score >= LEAST_SCORE)
    .sort((one, other) => one.atMs - other.atMs || (one.serviceName < other.serviceName ? -1 : 1));
}
