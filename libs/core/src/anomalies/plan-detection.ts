import type { TimeRange } from '../common/time-range';
import type { SeriesKey } from '../metrics/sample';
import { type SeriesProgress, seriesKeyText } from './stored-anomaly';

/** Series are judged by their averages over so long. */
export const DETECTION_BUCKET_SECONDS = 60;
const BUCKET_MS = DETECTION_BUCKET_SECONDS * 1000;
/** What was missed longer ago is not made up for: the series begins anew, with its history read again. */
const CATCH_UP_MS = 3_600_000;

export interface DetectionPlan {
  /** Of which all series are read: from where the furthest behind goes on, to the last whole bucket. */
  readonly range: TimeRange;
  /** From which series that begin anew are judged; what was before is only learned from. */
  readonly judgeAnewFromMs: number;
  /** From which services are scored: before, an earlier run has scored them with more of their series. */
  readonly scoreFromMs: number;
  /** By seriesKeyText. */
  readonly progress: ReadonlyMap<string, SeriesProgress>;
}

/** What a run for a scheduled instant has to read. It ends with the last bucket that was whole `delayMs` before that instant. */
export function planDetection(
  progress: readonly SeriesProgress[],
  scheduledAtMs: number,
  delayMs: number,
): DetectionPlan {
  const toMs = Math.floor((scheduledAtMs - delayMs) / BUCKET_MS) * BUCKET_MS;
  const earliestMs = toMs - CATCH_UP_MS;
  let fromMs = progress.length === 0 ? earliestMs : toMs - BUCKET_MS;
  let lastRunToMs = -Infinity;
  for (const { judgedToMs } of progress) {
    if (judgedToMs >= earliestMs && judgedToMs < fromMs) fromMs = judgedToMs;
    if (judgedToMs < toMs && judgedToMs > lastRunToMs) lastRunToMs = judgedToMs;
  }
  return {
    range: { fromMs, toMs },
    judgeAnewFromMs: earliestMs,
    scoreFromMs: Math.max(fromMs, lastRunToMs),
    progress: new Map(progress.map((one) => [seriesKeyText(one), one])),
  };
}

/** How a series that has points in the plan's range is dealt with. */
export type DetectionStep =
  /** By an earlier attempt or another run. */
  | { readonly kind: 'done' }
  | { readonly kind: 'continue'; readonly fromMs: number }
  /** Not known, too far behind, or judged by another algorithm or version. */
  | { readonly kind: 'anew'; readonly judgeFromMs: number; readonly expectedToMs?: number };

export function stepOf(plan: DetectionPlan, series: SeriesKey, method: string): DetectionStep {
  const known = plan.progress.get(seriesKeyText(series));
  const { range, judgeAnewFromMs } = plan;
  if (known === undefined) return { kind: 'anew', judgeFromMs: judgeAnewFromMs };
  const { judgedToMs } = known;
  if (judgedToMs >= range.toMs) return { kind: 'done' };
  if (known.method === method && judgedToMs >= range.fromMs) return { kind: 'continue', fromMs: judgedToMs };
  return {
    kind: 'anew',
    judgeFromMs: Math.max(judgedToMs, judgeAnewFromMs),
    expectedToMs: judgedToMs,
  };
}
