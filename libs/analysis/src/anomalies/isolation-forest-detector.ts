import {
  ANOMALY_SCORE,
  type DeviationLimits,
  type PointJudgement,
  type SeriesDetector,
  clampValue,
  formatValue,
  isLargeDeviation,
  pointProblem,
  unjudged,
} from './anomaly';
import { IsolationForest } from './isolation-forest';
import {
  isRowReservoirState,
  mergeRowReservoirs,
  RowReservoir,
  type RowReservoirState,
} from './row-reservoir';
import { isRunningMeanState, mergeRunningMeans, RunningMean, type RunningMeanState } from './running-mean';
import { isSeriesSpanState, mergeSpans, SeriesSpan, type SeriesSpanState } from './series-span';
import { type Guard, isCount, isNumber, listOf, orNull, recordOf } from './state-guard';

const ISOLATION_FOREST_METHOD = 'isolation-forest/2';

export interface IsolationForestDetectorOptions extends DeviationLimits {
  readonly seed?: number;
  /** Share of the history that may be anomalous: a score above this quantile of it makes an anomaly. 0.01. */
  readonly contamination?: number;
  /** Points before the first forest: 64. */
  readonly minPoints?: number;
}

export interface IsolationForestDetectorState {
  readonly span: SeriesSpanState;
  readonly before: number;
  readonly level: RunningMeanState;
  readonly reservoir: RowReservoirState;
  /** The rows the forest was grown from, so that it can be grown again; null where it is to be grown at the next point. */
  readonly grownFrom: readonly number[] | null;
  readonly grownAt: number;
}

const COLUMNS = 3;
const RESERVOIR_ROWS = 512;
/** The forest is grown anew when the history has grown by this share. */
const REGROW_SHARE = 0.1;
const LEVEL_RATE = 0.01;

export const isIsolationForestDetectorState: Guard<IsolationForestDetectorState> = recordOf({
  span: isSeriesSpanState,
  before: isNumber,
  level: isRunningMeanState,
  reservoir: isRowReservoirState(COLUMNS, RESERVOIR_ROWS),
  grownFrom: orNull(listOf(isNumber, COLUMNS * RESERVOIR_ROWS)),
  grownAt: isCount,
});

/**
 * Isolation forest over (value, step from the point before, distance from the recent mean), grown from a uniform sample of all history
 * and regrown as the history grows. The same seed and points give the same judgements.
 */
export class IsolationForestDetector implements SeriesDetector {
  readonly method = ISOLATION_FOREST_METHOD;
  private readonly span: SeriesSpan;
  private before: number;
  private readonly level: RunningMean;
  private readonly reservoir: RowReservoir;
  private grownFrom: readonly number[] | undefined;
  private grownAt: number;
  private forest: IsolationForest | undefined;
  private threshold = 1;
  private readonly row = new Float64Array(COLUMNS);

  constructor(
    private readonly options: IsolationForestDetectorOptions = {},
    state?: IsolationForestDetectorState,
  ) {
    this.span = new SeriesSpan(state?.span);
    this.before = state?.before ?? 0;
    this.level = new RunningMean(LEVEL_RATE, state?.level);
    this.reservoir = new RowReservoir(COLUMNS, RESERVOIR_ROWS, state?.reservoir);
    this.grownAt = state?.grownAt ?? 0;
    if (state?.grownFrom != null) this.grow(state.grownFrom);
  }

  observe(atMs: number, given: number): PointJudgement {
    const problem = pointProblem(atMs, given, this.span.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, given, this.method, problem);
    const value = clampValue(given);
    const { points } = this.span;
    this.row[0] = value;
    this.row[1] = points === 0 ? 0 : value - this.before;
    this.row[2] = this.level.distance(value);
    if (points >= (this.options.minPoints ?? 64) && points >= this.grownAt * (1 + REGROW_SHARE)) {
      this.grownAt = points;
      this.grow([...this.reservoir.flat()]);
    }
    const judgement =
      this.forest === undefined
        ? unjudged(atMs, given, this.method, 'learning')
        : this.judge(this.forest, atMs, given);
    this.learn(atMs, value);
    return judgement;
  }

  state(): IsolationForestDetectorState {
    return {
      span: this.span.state(),
      before: this.before,
      level: this.level.state(),
      reservoir: this.reservoir.state(),
      grownFrom: this.grownFrom ?? null,
      grownAt: this.grownAt,
    };
  }

  private judge(forest: IsolationForest, atMs: number, value: number): PointJudgement {
    const isolation = forest.score(this.row)[0] ?? 0;
    const expected = this.level.mean;
    const isLarge = isLargeDeviation(value, expected, this.options);
    // The forest's threshold becomes 0.5, what lies between it and 1 keeps its proportion.
    const raw =
      isolation >= this.threshold
        ? ANOMALY_SCORE + (ANOMALY_SCORE * (isolation - this.threshold)) / Math.max(1e-9, 1 - this.threshold)
        : (ANOMALY_SCORE * isolation) / this.threshold;
    const isAnomaly = isolation > this.threshold && isLarge;
    return {
      atMs,
      value,
      state: isAnomaly ? 'anomalous' : 'normal',
      score: isAnomaly ? Math.min(1, raw) : Math.min(raw, ANOMALY_SCORE * 0.99),
      direction: value > expected ? 'up' : value < expected ? 'down' : 'none',
      method: this.method,
      why: isAnomaly
        ? `${formatValue(value)}, a step of ${formatValue(this.row[1] ?? 0)}, is cut off from ${this.span.points} earlier points sooner than ${((1 - this.contamination) * 100).toFixed(1)} % of them (recent mean ${formatValue(expected)})`
        : '',
    };
  }

  private get contamination(): number {
    return this.options.contamination ?? 0.01;
  }

  private grow(rows: readonly number[]): void {
    this.grownFrom = rows;
    const flat = Float64Array.from(rows);
    this.forest = IsolationForest.fit(flat, COLUMNS, { seed: this.options.seed ?? 1 });
    const scores = this.forest.score(flat).sort();
    const index = Math.min(scores.length - 1, Math.floor((1 - this.contamination) * scores.length));
    this.threshold = scores[index] ?? 1;
  }

  private learn(atMs: number, value: number): void {
    this.reservoir.offer(atMs, value, this.row);
    this.before = value;
    this.level.add(value);
    this.span.add(atMs);
  }
}

/** The samples of both parts joined; the forest is grown from them at the next point. */
export function mergeIsolationForestStates(
  earlier: IsolationForestDetectorState,
  later: IsolationForestDetectorState,
): IsolationForestDetectorState {
  return {
    span: mergeSpans(earlier.span, later.span),
    before: later.span.points === 0 ? earlier.before : later.before,
    level: mergeRunningMeans(LEVEL_RATE, earlier.level, later.level),
    reservoir: mergeRowReservoirs(COLUMNS, RESERVOIR_ROWS, earlier.reservoir, later.reservoir),
    grownFrom: null,
    grownAt: 0,
  };
}
