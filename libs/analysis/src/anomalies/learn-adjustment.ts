import type { DeviationDirection } from './anomaly';

/** How far the values of one labelled time lay from what was expected, in standard deviations of the band that judged them. */
export interface LabelledDeparture {
  readonly verdict: 'not_an_anomaly' | 'missed';
  readonly fromMs: number;
  readonly toMs: number;
  /** The furthest above and below; 0 where none was on that side. */
  readonly furthestUp: number;
  readonly furthestDown: number;
}

/** Of departures to one side, in standard deviations. */
export interface SideAdjustment {
  /** As far and less far is no anomaly, whatever a detector says. */
  readonly ignoreUpTo?: number;
  /** As far and further is one, even where a detector says nothing. */
  readonly reportFrom?: number;
}

/** What labels change about how one series is judged. */
export interface SeriesAdjustment {
  readonly up: SideAdjustment;
  readonly down: SideAdjustment;
  /** Times that were labelled as no anomaly: nothing is reported in them. */
  readonly quiet: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Sentences on labels that could not be followed, wholly or in part. */
  readonly conflicts: readonly string[];
}

const JUST_ABOVE = 1.05;
const JUST_BELOW = 0.95;
/** One label does not silence a series for good. */
const MOST_IGNORED = 50;
/** The edge of the usual band: what lies within it is never reported, or every label would bring a flood. */
const LEAST_REPORTED = 3;

/**
 * Turns the labels of one series into an adjustment: departures up to just above the furthest one that was no anomaly are ignored, those from
 * just below the least one that was missed are reported, each side for itself and each within bounds. Where a missed one was no further off
 * than one that was no anomaly, the latter holds, because nothing in the size of a departure tells them apart.
 */
export function learnAdjustment(labels: readonly LabelledDeparture[]): SeriesAdjustment {
  const conflicts: string[] = [];
  return {
    up: adjustSide('up', labels, conflicts),
    down: adjustSide('down', labels, conflicts),
    quiet: labels
      .filter(({ verdict }) => verdict === 'not_an_anomaly')
      .map(({ fromMs, toMs }) => ({ fromMs, toMs })),
    conflicts,
  };
}

function adjustSide(
  side: 'up' | 'down',
  labels: readonly LabelledDeparture[],
  conflicts: string[],
): SideAdjustment {
  const ignoreUpTo = furthestIgnored(side, labels, conflicts);
  const reportFrom = leastReported(side, labels, conflicts);
  const ignored = ignoreUpTo !== undefined && { ignoreUpTo };
  if (reportFrom === undefined) return { ...ignored };
  if (ignoreUpTo === undefined || reportFrom > ignoreUpTo) return { ...ignored, reportFrom };
  conflicts.push(
    `a departure ${side} of ${reportFrom.toFixed(1)} deviations was missed, but one of ${(ignoreUpTo / JUST_ABOVE).toFixed(1)} was no anomaly: the latter holds`,
  );
  return { ...ignored };
}

function furthestIgnored(
  side: 'up' | 'down',
  labels: readonly LabelledDeparture[],
  conflicts: string[],
): number | undefined {
  let furthest = 0;
  for (const label of labels)
    if (label.verdict === 'not_an_anomaly' && sideOf(label) === side)
      furthest = Math.max(furthest, distanceOf(label));
  if (furthest === 0) return undefined;
  if (furthest * JUST_ABOVE <= MOST_IGNORED) return furthest * JUST_ABOVE;
  conflicts.push(`departures ${side} of more than ${MOST_IGNORED} deviations stay anomalies elsewhere`);
  return MOST_IGNORED;
}

function leastReported(
  side: 'up' | 'down',
  labels: readonly LabelledDeparture[],
  conflicts: string[],
): number | undefined {
  let least = Infinity;
  for (const label of labels)
    if (label.verdict === 'missed' && sideOf(label) === side) least = Math.min(least, distanceOf(label));
  if (least === Infinity) return undefined;
  if (least * JUST_BELOW >= LEAST_REPORTED) return least * JUST_BELOW;
  conflicts.push(
    `a missed departure ${side} of ${least.toFixed(1)} deviations lies within the usual band: only from ${LEAST_REPORTED} on are they reported`,
  );
  return LEAST_REPORTED;
}

/** A label speaks of the side on which its values were furthest off. */
function sideOf({ furthestUp, furthestDown }: LabelledDeparture): 'up' | 'down' | undefined {
  if (furthestUp === 0 && furthestDown === 0) return undefined;
  return furthestUp >= furthestDown ? 'up' : 'down';
}

function distanceOf({ furthestUp, furthestDown }: LabelledDeparture): number {
  return Math.max(furthestUp, furthestDown);
}

export interface DepartureToAdjust {
  readonly atMs: number;
  /** In standard deviations. */
  readonly deviation: number;
  readonly direction: DeviationDirection;
}

/** What an adjustment says of one departure; `as judged` where it says nothing. */
export function adjustDeparture(
  { atMs, deviation, direction }: DepartureToAdjust,
  adjustment: SeriesAdjustment,
): 'ignore' | 'report' | 'as judged' {
  if (adjustment.quiet.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)) return 'ignore';
  if (direction === 'none') return 'as judged';
  const { ignoreUpTo = -Infinity, reportFrom = Infinity } = adjustment[direction];
  if (deviation <= ignoreUpTo) return 'ignore';
  return deviation >= reportFrom ? 'report' : 'as judged';
}
