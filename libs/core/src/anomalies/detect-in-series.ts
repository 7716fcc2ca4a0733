import { type LabelledDeparture, learnAdjustment } from '../../../analysis/src/anomalies/learn-adjustment';
import type { TimeRange } from '../common/time-range';
import type { MetricLine, MetricPoint } from '../metrics/metric-query';
import { type AnomalyLabel, isLabelOf } from './anomaly-label';
import { DEFAULT_ANOMALY_METHOD } from './anomaly-question';
import { type Anomaly, judgeSeries, type JudgingState, type SeriesVerdict } from './judge-series';
import type { SeriesJudgement, StoredAnomaly } from './stored-anomaly';

export interface SeriesToDetect {
  /** With the history to learn from, where the series begins anew. */
  readonly line: MetricLine;
  readonly judgeFromMs: number;
  readonly toMs: number;
  readonly expectedToMs?: number;
  /** Absent where the series begins anew. */
  readonly resumeFrom?: JudgingState;
  /** Known incidents and what people say was missed: judged, but not learned from. */
  readonly leaveOut: readonly TimeRange[];
  /** Labels in effect, of any series. */
  readonly labels: readonly AnomalyLabel[];
}

/** Of a long run, so many points say how the services were. */
const RECENT_POINTS = 60;
/** An excursion that paused no longer than this goes on. */
const PAUSE_MS = 600_000;

/**
 * Judges the new points of one series, from where it stopped or from its history. Points of left-out times are judged like
 * all others, and then forgotten: the state to go on from has not seen them.
 */
export function* detectInSeries(series: SeriesToDetect): Generator<undefined, SeriesJudgement> {
  const { line, judgeFromMs, toMs, leaveOut, resumeFrom, expectedToMs } = series;
  const { points, ...key } = line;
  const question = { method: DEFAULT_ANOMALY_METHOD };
  const given = { judgeFromMs, ...(resumeFrom !== undefined && { resumeFrom }) };
  const adjustment = learnAdjustment(series.labels.filter((label) => isLabelOf(label, line)));
  const verdict = yield* judgeSeries({ ...given, points, leaveOut, adjustment }, question);
  const lessons = points.filter((point) => !isWithin(point, leaveOut));
  const learned =
    lessons.length === points.length
      ? verdict
      : yield* judgeSeries({ ...given, points: lessons, adjustment }, question);
  return {
    after: {
      ...key,
      method: verdict.method,
      judgedToMs: toMs,
      recent: verdict.judged.slice(-RECENT_POINTS).map(({ atMs, score }) => ({ atMs, score })),
      state: toState(verdict, learned),
    },
    ...(expectedToMs !== undefined && { expectedToMs }),
    learning: verdict.points > 0 && verdict.learning === verdict.points,
    anomalies: goOn(verdict.anomalies, resumeFrom).map((anomaly): StoredAnomaly => ({
      ...key,
      ...anomaly,
      method: verdict.method,
    })),
  };
}

/** Times that labels take out of what a series learns: people say that something was wrong then. */
export function missedRanges(labels: readonly LabelledDeparture[]): readonly TimeRange[] {
  return labels.filter(({ verdict }) => verdict === 'missed').map(({ fromMs, toMs }) => ({ fromMs, toMs }));
}

function toState(verdict: SeriesVerdict, learned: SeriesVerdict): JudgingState {
  const { begun } = verdict.state;
  return { detector: learned.state.detector, ...(begun !== undefined && { begun }) };
}

/** A detector that forgot the beginning of an excursion takes its next value for another one. */
function goOn(anomalies: readonly Anomaly[], resumeFrom: JudgingState | undefined): readonly Anomaly[] {
  let lastAtMs = resumeFrom?.begun?.lastAtMs ?? -Infinity;
  let direction = resumeFrom?.begun?.direction;
  return anomalies.map((anomaly) => {
    const isSame = anomaly.direction === direction && anomaly.atMs - lastAtMs <= PAUSE_MS;
    lastAtMs = anomaly.atMs;
    direction = anomaly.direction;
    return isSame && anomaly.phase === 'onset' ? { ...anomaly, phase: 'ongoing' as const, why: '' } : anomaly;
  });
}

function isWithin({ atMs }: MetricPoint, ranges: readonly TimeRange[]): boolean {
  return ranges.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
}
