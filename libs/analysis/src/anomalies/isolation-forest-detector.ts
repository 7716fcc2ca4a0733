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
import { isRunningMeanState, RunningMean, type RunningMeanState } from './running-mean';
import { SeededRandom } from './seeded-random';
import { type Guard, isCount, isNumber, listOf, orNull, recordOf } from './state-guard';

export const ISOLATION_FOREST_METHOD = 'isolation-forest/1';

export interface IsolationForestDetectorOptions extends DeviationLimits {
  readonly seed?: number;
  /** Share of the history that may be anomalous: a score above this quantile of it makes an anomaly. 0.01. */
  readonly contamination?: number;
  /** Points before the first forest: 64. */
  readonly minPoints?: number;
}

export interface IsolationForestDetectorState {
  readonly points: number;
  readonly lastAtMs: number | null;
  readonly before: number;
  readonly level: RunningMeanState;
  readonly random: number;
  readonly reservoir: readonly number[];
  /** The reservoir the forest was grown from, and the seed, so that it can be grown again. */
  readonly grownFrom: readonly number[] | null;
  readonly grownAt: number;
}

const COLUMNS = 3;
const RESERVOIR_ROWS = 1024;
/** The forest is grown anew when the history has grown by this share. */
const REGROW_SHARE = 0.1;
const LEVEL_RATE = 0.01;

const isRows = listOf(isNumber, COLUMNS * RESERVOIR_ROWS);

export const isIsolationForestDetectorState: Guard<IsolationForestDetectorState> = recordOf({
  points: isCount,
  lastAtMs: orNull(isNumber),
  before: isNumber,
  level: isRunningMeanState,
  random: isCount,
  reservoir: isRows,
  grownFrom: orNull(isRows),
  grownAt: isCount,
});

/**
 * Isolation forest over (value, step from the point before, distance from the recent mean), grown from a uniform sample of all history
 * (Vitter's reservoir) and regrown as the history grows. The same seed and points give the same judgements.
 */
export class IsolationForestDetector implements SeriesDetector {
  readonly method = ISOLATION_FOREST_METHOD;
  private points: number;
  private lastAtMs: number;
  private before: number;
  private readonly level: RunningMean;
  private readonly random: SeededRandom;
  private readonly reservoir: number[];
  private grownFrom: readonly number[] | undefined;
  private grownAt: number;
  private forest: IsolationForest | undefined;
  private threshold = 1;
  private readonly row = new Float64Array(COLUMNS);

  constructor(
    private readonly options: IsolationForestDetectorOptions = {},
    state?: IsolationForestDetectorState,
  ) {
    this.points = state?.points ?? 0;
    this.lastAtMs = state?.lastAtMs ?? -Infinity;
    this.before = state?.before ?? 0;
    this.level = new RunningMean(LEVEL_RATE, state?.level);
    this.random = new SeededRandom(state?.random ?? options.seed ?? 1);
    this.reservoir = [...(state?.reservoir ?? [])];
    this.grownAt = state?.grownAt ?? 0;
    if (state?.grownFrom != null) this.grow(state.grownFrom);
  }

  observe(atMs: number, given: number): PointJudgement {
    const problem = pointProblem(atMs, given, this.lastAtMs);
    if (problem !== undefined) return unjudged(atMs, given, this.method, problem);
    const value = clampValue(given);
    this.row[0] = value;
    this.row[1] = this.points === 0 ? 0 : value - this.before;
    this.row[2] = this.level.distance(value);
    if (this.points >= (this.options.minPoints ?? 64) && this.points >= this.grownAt * (1 + REGROW_SHARE)) {
      this.grownAt = this.points;
      this.grow([...this.reservoir]);
    }
    const judgement =
      this.forest === undefined
        ? unjudged(atMs, given, this.method, 'learning')
        : this.judge(this.forest, atMs, given);
    this.learn(value);
    this.lastAtMs = atMs;
    return judgement;
  }

  state(): IsolationForestDetectorState {
    return {
      points: this.points,
      lastAtMs: Number.isFinite(this.lastAtMs) ? this.lastAtMs : null,
      before: this.before,
      level: this.level.state(),
      random: this.random.state,
      reservoir: [...this.reservoir],
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
        ? `${formatValue(value)}, a step of ${formatValue(this.row[1] ?? 0)}, is cut off from ${this.points} earlier points sooner than ${((1 - this.contamination) * 100).toFixed(1)} % of them (recent mean ${formatValue(expected)})`
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

  private learn(value: number): void {
    const row = this.points < RESERVOIR_ROWS ? this.points : this.random.below(this.points + 1);
    if (row < RESERVOIR_ROWS)
      for (let column = 0; column < COLUMNS; column += 1)
        this.reservoir[row * COLUMNS + column] = this.row[column] ?? 0;
    this.before = value;
    this.level.add(value);
    this.points += 1;
  }
}
