import { DetectorStateError } from './detector-snapshot';
import { type Guard, isCount, isNumber, orNull, recordOf } from './state-guard';

export interface SeriesSpanState {
  readonly points: number;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
}

export const isSeriesSpanState: Guard<SeriesSpanState> = recordOf({
  points: isCount,
  firstAtMs: orNull(isNumber),
  lastAtMs: orNull(isNumber),
});

/** How many points a detector has learned from, and from when to when. */
export class SeriesSpan {
  points: number;
  lastAtMs: number;
  private firstAtMs: number;

  constructor(state?: SeriesSpanState) {
    this.points = state?.points ?? 0;
    this.firstAtMs = state?.firstAtMs ?? Number.NaN;
    this.lastAtMs = state?.lastAtMs ?? -Infinity;
  }

  add(atMs: number): void {
    if (this.points === 0) this.firstAtMs = atMs;
    this.points += 1;
    this.lastAtMs = atMs;
  }

  state(): SeriesSpanState {
    const { points, firstAtMs, lastAtMs } = this;
    return points === 0 ? { points, firstAtMs: null, lastAtMs: null } : { points, firstAtMs, lastAtMs };
  }
}

/** @throws DetectorStateError `unmergeable` where the later part begins before the earlier one ends */
export function mergeSpans(earlier: SeriesSpanState, later: SeriesSpanState): SeriesSpanState {
  const { firstAtMs, lastAtMs } = earlier;
  if (firstAtMs === null || lastAtMs === null) return later;
  if (later.firstAtMs === null || later.lastAtMs === null) return earlier;
  if (later.firstAtMs < lastAtMs)
    throw new DetectorStateError('unmergeable', 'the later part begins before the earlier one ends');
  return { points: earlier.points + later.points, firstAtMs, lastAtMs: later.lastAtMs };
}
