import type { TimeRange } from '../common/time-range';
import type { SeriesKey } from '../metrics/sample';
import type { Anomaly, JudgingState } from './judge-series';

/** An anomaly that was found without being asked for. One for each series, instant and method. */
export interface StoredAnomaly extends SeriesKey, Anomaly {
  /** Name and version of the algorithm, e.g. `adaptive/1`. */
  readonly method: string;
}

/** How far a series has been judged. */
export interface SeriesProgress extends SeriesKey {
  readonly method: string;
  /** Points before have been judged or left out for good. */
  readonly judgedToMs: number;
  /** Of the points of the last run, the score of each: 0 to 1. */
  readonly recent: readonly { readonly atMs: number; readonly score: number }[];
}

/** From which the next run goes on. */
export interface SeriesState extends SeriesProgress {
  readonly state: JudgingState;
}

/** The outcome of judging one series, saved as a whole. */
export interface SeriesJudgement {
  readonly after: SeriesState;
  /** Where the series stood before; absent where it was not known. */
  readonly expectedToMs?: number;
  readonly anomalies: readonly StoredAnomaly[];
  /** Whether the series has too little history to be judged yet. */
  readonly learning: boolean;
}

export interface ScoreContributor {
  readonly metricName: string;
  readonly tags: SeriesKey['tags'];
  readonly score: number;
}

/** How unusual a service is as a whole, in one bucket. */
export interface ServiceScore {
  readonly serviceName: string;
  readonly atMs: number;
  /** 0 to 1. */
  readonly score: number;
  readonly series: number;
  readonly anomalous: number;
  /** The loudest first. */
  readonly contributors: readonly ScoreContributor[];
}

/** The worst bucket of a service, and its scores over time. */
export interface ServiceScoreLine {
  readonly serviceName: string;
  readonly worst: ServiceScore;
  /** The highest score of each bucket, in order of time; buckets without any are absent. */
  readonly points: readonly { readonly atMs: number; readonly score: number }[];
}

export interface AnomalyFilter {
  readonly range: TimeRange;
  readonly serviceName?: string;
  readonly metricName?: string;
  readonly minScore?: number;
}

/** Two series are the same where these texts are: lengths come first, so that no name can imitate another. */
export function seriesKeyText({ metricName, serviceName, tags }: SeriesKey): string {
  const pairs = Object.entries(tags).sort(([one], [other]) => (one < other ? -1 : 1));
  return [metricName, serviceName, ...pairs.flat()].map((text) => `${text.length}:${text}`).join('');
}
