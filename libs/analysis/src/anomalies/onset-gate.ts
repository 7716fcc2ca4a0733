import { type Guard, isNumber, orNull, recordOf } from './state-guard';

export interface OnsetGateState {
  readonly firstAt: number | null;
  readonly lastAt: number | null;
}

export const isOnsetGateState: Guard<OnsetGateState> = recordOf({
  firstAt: orNull(isNumber),
  lastAt: orNull(isNumber),
});

const LEVEL = 1.8;
const MIN_POINTS = 250;
const REST_SHARE = 0.03;
const REST_MIN = 5;
const REST_MAX = 400;
const EXCURSION_RESTS = 4;

/**
 * Reports an excursion once, where it begins. After a report there is rest for 3 % of the history so far (5 to 400 points), counted from the
 * last surprising point, but for at most four such rests: what still lasts then is reported again.
 */
export class OnsetGate {
  private firstAt: number;
  private lastAt: number;

  constructor(state?: OnsetGateState) {
    this.firstAt = state?.firstAt ?? -Infinity;
    this.lastAt = state?.lastAt ?? -Infinity;
  }

  /**
   * @param index of the point within the history
   * @param surprise deviations above the usual block maximum
   */
  observe(index: number, surprise: number): 'quiet' | 'onset' | 'ongoing' {
    if (index < MIN_POINTS) return 'quiet';
    const isSurprising = surprise >= LEVEL;
    const rest = Math.max(REST_MIN, Math.min(REST_MAX, REST_SHARE * index));
    if (index - this.lastAt <= rest && index - this.firstAt <= rest * EXCURSION_RESTS) {
      if (!isSurprising) return 'quiet';
      this.lastAt = index;
      return 'ongoing';
    }
    if (!isSurprising) return 'quiet';
    this.firstAt = index;
    this.lastAt = index;
    return 'onset';
  }

  state(): OnsetGateState {
    return {
      firstAt: Number.isFinite(this.firstAt) ? this.firstAt : null,
      lastAt: Number.isFinite(this.lastAt) ? this.lastAt : null,
    };
  }
}

/** The gate after both parts: the later one's reports, counted on from the end of the earlier. */
export function mergeOnsetGates(
  earlier: OnsetGateState,
  later: OnsetGateState,
  earlierPoints: number,
): OnsetGateState {
  if (later.firstAt === null || later.lastAt === null) return earlier;
  return { firstAt: later.firstAt + earlierPoints, lastAt: later.lastAt + earlierPoints };
}

/** Points of history before the first report. */
export const MIN_HISTORY_POINTS = MIN_POINTS;
/** Surprise at which an anomaly is reported. */
export const REPORT_LEVEL = LEVEL;
