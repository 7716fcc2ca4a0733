import type { PatternInput } from './root-cause';

export type PatternTrend = 'new' | 'risen' | 'gone' | 'fallen' | 'steady';

export interface PatternComparison {
  readonly pattern: PatternInput;
  readonly trend: PatternTrend;
  /** Signed root of the deviance: about normal with variance 1 where the rate did not change, positive where it rose. */
  readonly score: number;
  readonly baselinePerMinute: number;
  readonly incidentPerMinute: number;
  /** Incident rate over baseline rate; Infinity for a pattern that is new. */
  readonly ratio: number;
}

export interface PatternComparisonInput {
  readonly baselineMs: number;
  readonly incidentMs: number;
  readonly patterns: readonly PatternInput[];
}

/** Log lines come in bursts, so more than chance under a Poisson process is asked for. */
const MIN_SCORE = 3.5;
const MIN_RATIO = 1.5;
/** One line is an anecdote; twice is a pattern. */
const MIN_NEW_COUNT = 2;

/**
 * Compares how often each pattern occurred in two windows of different lengths: the likelihood-ratio test of two Poisson rates, conditioned
 * on their total (Przyborowski and Wilenski 1940). A new pattern must occur at least twice, and would have to be expected in the baseline at
 * that rate. The strongest come first, equal ones by `ref`.
 */
export function comparePatterns(input: PatternComparisonInput): readonly PatternComparison[] {
  return input.patterns
    .map((pattern) => comparePattern(pattern, input.baselineMs, input.incidentMs))
    .sort(
      (one, other) =>
        Math.abs(other.score) - Math.abs(one.score) || (one.pattern.ref < other.pattern.ref ? -1 : 1),
    );
}

function comparePattern(pattern: PatternInput, baselineMs: number, incidentMs: number): PatternComparison {
  const before = countOf(pattern.baselineCount);
  const after = countOf(pattern.incidentCount);
  const baselinePerMinute = perMinute(before, baselineMs);
  const incidentPerMinute = perMinute(after, incidentMs);
  const ratio =
    baselinePerMinute > 0 ? incidentPerMinute / baselinePerMinute : incidentPerMinute > 0 ? Infinity : 1;
  const score = poissonContrast(before, baselineMs, after, incidentMs);
  return {
    pattern,
    trend: trendOf(before, after, ratio, score),
    score,
    baselinePerMinute,
    incidentPerMinute,
    ratio,
  };
}

function countOf(count: number): number {
  return Number.isFinite(count) && count > 0 ? count : 0;
}

function perMinute(count: number, lengthMs: number): number {
  return lengthMs > 0 ? (count * 60_000) / lengthMs : 0;
}

function trendOf(before: number, after: number, ratio: number, score: number): PatternTrend {
  // Two lines where none were is news for a pattern, even where the windows are equally long and the test alone is not sure.
  if (before === 0 && after >= MIN_NEW_COUNT && score > 1) return 'new';
  if (score >= MIN_SCORE && ratio >= MIN_RATIO) return 'risen';
  if (score <= -MIN_SCORE && ratio <= 1 / MIN_RATIO) return after === 0 ? 'gone' : 'fallen';
  return 'steady';
}

/**
 * Signed root of the deviance between "one rate" and "a rate for each window". Positive where the second rate is higher; 0 where a window has no
 * length or nothing was counted.
 */
export function poissonContrast(before: number, beforeMs: number, after: number, afterMs: number): number {
  const total = before + after;
  if (total === 0 || !(beforeMs > 0) || !(afterMs > 0)) return 0;
  const expectedAfter = (total * afterMs) / (beforeMs + afterMs);
  const expectedBefore = total - expectedAfter;
  const deviance = 2 * (logTerm(after, expectedAfter) + logTerm(before, expectedBefore));
  const root = Math.sqrt(Math.max(0, deviance));
  return after >= expectedAfter ? root : -root;
}

function logTerm(count: number, expected: number): number {
  return count > 0 ? count * Math.log(count / expected) : 0;
}
