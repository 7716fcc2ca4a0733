import type { AnomalyLabel } from '../../../libs/core/src/anomalies/anomaly-label';
import { DEFAULT_ANOMALY_METHOD } from '../../../libs/core/src/anomalies/anomaly-question';
import { judgeSeries } from '../../../libs/core/src/anomalies/judge-series';
import { DETECTION_BUCKET_SECONDS } from '../../../libs/core/src/anomalies/plan-detection';
import { trainingWindow } from '../../../libs/core/src/anomalies/training-window';
import { inTurns } from '../../../libs/core/src/common/in-turns';
import type { TimeRange } from '../../../libs/core/src/common/time-range';
import type { SeriesFilter } from '../../../libs/core/src/metrics/metric-query';
import type { MetricStore } from '../../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';

const SERIES_MAX = 20;

/** How far the values of a time were off, as anomaly detection sees it; 0 where there were none, or too little history. */
export async function measureLabel(
  metrics: MetricStore,
  scope: ProjectScope,
  filter: SeriesFilter & { readonly metricName: string },
  range: TimeRange,
): Promise<Pick<AnomalyLabel, 'furthestUp' | 'furthestDown'>> {
  const widthMs = DETECTION_BUCKET_SECONDS * 1000;
  // The bucket in which the time ends belongs to it.
  const judged = { fromMs: range.fromMs, toMs: Math.ceil(range.toMs / widthMs) * widthMs };
  const window = trainingWindow(judged, DETECTION_BUCKET_SECONDS);
  const { lines } = await metrics.query(scope, {
    ...filter,
    range: window.range,
    bucketSeconds: DETECTION_BUCKET_SECONDS,
    aggregation: 'avg',
    groupBy: 'series',
    limit: SERIES_MAX,
  });
  let furthestUp = 0;
  let furthestDown = 0;
  for (const { points } of lines) {
    const series = { points, judgeFromMs: window.judgeFromMs };
    const verdict = await inTurns(judgeSeries(series, { method: DEFAULT_ANOMALY_METHOD }));
    for (const { deviation } of verdict.judged) {
      furthestUp = Math.max(furthestUp, deviation);
      furthestDown = Math.max(furthestDown, -deviation);
    }
  }
  return { furthestUp, furthestDown };
}
