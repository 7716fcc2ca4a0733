import { type Anomaly, judgeSeries, type SeriesVerdict } from '../../libs/core/src/anomalies/judge-series';
import { learnAdjustment } from '../../libs/analysis/src/anomalies/learn-adjustment';
import { appliedLabels, isLabelOf } from '../../libs/core/src/anomalies/anomaly-label';
import type { AnomalyLabelStore } from '../../libs/core/src/anomalies/anomaly-label-store.port';
import { missedRanges } from '../../libs/core/src/anomalies/detect-in-series';
import {
  incidentsToLeaveOut,
  rangesToLeaveOut,
  ruleBucketSeconds,
  ruleQuery,
  trainingWindow,
} from '../../libs/core/src/anomalies/training-window';
import type { WindowValue } from '../../libs/core/src/alerting/evaluate-rule';
import type { AnomalyCondition } from '../../libs/core/src/alerting/rule';
import { inTurns } from '../../libs/core/src/common/in-turns';
import { type TimeRange, durationMs } from '../../libs/core/src/common/time-range';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { MetricStore } from '../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';

/** Services judged of a rule that groups by service. */
const SERVICES_MAX = 100;
const INCIDENTS_MAX = 200;

export interface AnomalyAnswering {
  readonly metrics: MetricStore;
  readonly incidentStore: IncidentStore;
  readonly anomalyLabels: AnomalyLabelStore;
}

/**
 * Judges a rule's window by the history before it, without the times of known incidents, as labels in effect adjust it. The answer depends on what is
 * stored and on the window alone, so a retry gives the same. A line without values in the window gives no answer.
 */
export async function answerAnomaly(
  { metrics, incidentStore, anomalyLabels }: AnomalyAnswering,
  scope: ProjectScope,
  condition: AnomalyCondition,
  windowRange: TimeRange,
  signal: AbortSignal,
): Promise<readonly WindowValue[]> {
  const windowMs = durationMs(windowRange);
  const window = trainingWindow(windowRange, ruleBucketSeconds(windowMs / 1000));
  const { lines } = await metrics.query(scope, ruleQuery(condition, window, SERVICES_MAX));
  if (lines.length === 0) return [];
  const filter = { range: incidentsToLeaveOut(window) };
  const { items: incidents } = await incidentStore.list(scope, filter, { limit: INCIDENTS_MAX });
  const labels = appliedLabels(await anomalyLabels.list(scope));
  const answers: WindowValue[] = [];
  for (const line of lines) {
    const own = labels.filter((label) => isLabelOf(label, line));
    const leaveOut = [...rangesToLeaveOut(incidents, line.serviceName, windowMs), ...missedRanges(own)];
    const adjustment = learnAdjustment(own);
    const series = { points: line.points, judgeFromMs: window.judgeFromMs, leaveOut, adjustment };
    const answer = toWindowValue(await inTurns(judgeSeries(series, condition), signal));
    if (answer !== undefined)
      answers.push({ ...answer, ...(condition.groupByService && { serviceName: line.serviceName }) });
  }
  return answers;
}

/** The value that is farthest off, or the last one where none is. */
function toWindowValue({ anomalies, last }: SeriesVerdict): WindowValue | undefined {
  if (last === undefined) return undefined;
  const [first, ...others] = anomalies;
  if (first === undefined) return { value: last.value, isAnomalous: false };
  const worst = others.reduce<Anomaly>((one, other) => (other.score > one.score ? other : one), first);
  return { value: worst.value, isAnomalous: true };
}
