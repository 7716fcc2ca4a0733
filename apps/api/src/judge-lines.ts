import { JUDGED_LINES } from '../../../libs/contracts/src/metrics.contract';
import { adjustmentOf, type AnomalyLabel } from '../../../libs/core/src/anomalies/anomaly-label';
import { DEFAULT_ANOMALY_METHOD } from '../../../libs/core/src/anomalies/anomaly-question';
import { judgeSeries, type SeriesVerdict } from '../../../libs/core/src/anomalies/judge-series';
import { seriesKeyText } from '../../../libs/core/src/anomalies/stored-anomaly';
import { trainingWindow } from '../../../libs/core/src/anomalies/training-window';
import { inTurns } from '../../../libs/core/src/common/in-turns';
import type { MetricQuery } from '../../../libs/core/src/metrics/metric-query';
import type { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';

/** What is abnormal in the lines of a query, judged by the history before it: the verdicts of its first lines, by seriesKeyText. */
export async function judgeLines(
  metrics: MetricStore,
  scope: ProjectScope,
  query: MetricQuery,
  labels: readonly AnomalyLabel[],
): Promise<ReadonlyMap<string, SeriesVerdict>> {
  const window = trainingWindow(query.range, query.bucketSeconds);
  const limit = Math.min(query.limit, JUDGED_LINES);
  const { lines } = await metrics.query(scope, { ...query, range: window.range, limit });
  const verdicts = new Map<string, SeriesVerdict>();
  for (const line of lines) {
    const adjustment = adjustmentOf(labels, line);
    const series = { points: line.points, judgeFromMs: window.judgeFromMs, adjustment };
    verdicts.set(seriesKeyText(line), await inTurns(judgeSeries(series, { method: DEFAULT_ANOMALY_METHOD })));
  }
  return verdicts;
}
