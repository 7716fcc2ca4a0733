import type { DetectionPlan } from '../../libs/core/src/anomalies/plan-detection';
import { DETECTION_BUCKET_SECONDS } from '../../libs/core/src/anomalies/plan-detection';
import { seriesKeyText } from '../../libs/core/src/anomalies/stored-anomaly';
import { trainingWindow } from '../../libs/core/src/anomalies/training-window';
import type { TimeRange } from '../../libs/core/src/common/time-range';
import type { LogPattern, PatternCatalogue } from '../../libs/core/src/logs/log-pattern';
import type { LogPatternStore } from '../../libs/core/src/logs/log-pattern-store.port';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { MetricLine } from '../../libs/core/src/metrics/metric-query';
import type { MetricStore } from '../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { choosePatterns, patternSeries, readPatternSeries } from './read-pattern-series';

export interface DetectionReading {
  readonly metrics: MetricStore;
  readonly logs: LogStore;
  readonly patterns: LogPatternStore;
  readonly maxSeries: number;
  readonly maxPatterns: number;
}

export interface NewPoints {
  readonly lines: readonly MetricLine[];
  /** Whether there may be more series than were read. */
  readonly isCut: boolean;
  /** By seriesKeyText, for the series that are log patterns. */
  readonly patterns: ReadonlyMap<string, LogPattern>;
  readonly catalogue: PatternCatalogue | undefined;
}

/** Series of the same metric, service and tags, and perhaps more tags; of more, some begin later. */
const SIMILAR_MAX = 50;
/** Patterns whose history is read with one question. */
const PATTERNS_AT_ONCE = 20;

/** What the metrics and the log patterns of a project have new in a range. */
export async function readNewPoints(
  { metrics, logs, patterns: store, maxSeries, maxPatterns }: DetectionReading,
  scope: ProjectScope,
  range: TimeRange,
): Promise<NewPoints> {
  const lines = await metrics.sweep(scope, range, DETECTION_BUCKET_SECONDS, maxSeries);
  const catalogue = maxPatterns === 0 ? undefined : await store.load(scope);
  const chosen = choosePatterns(catalogue, range.toMs, maxPatterns);
  const counts =
    catalogue === undefined ? [] : await readPatternSeries(logs, scope, catalogue, chosen, range);
  return {
    lines: [...lines, ...counts.filter(({ points }) => points.length > 0)],
    isCut: lines.length >= maxSeries,
    patterns: new Map(chosen.map((pattern) => [seriesKeyText(patternSeries(pattern)), pattern])),
    catalogue,
  };
}

/** The same series with a day of history before what is judged, one after the other. */
export async function* readHistory(
  { metrics, logs }: DetectionReading,
  scope: ProjectScope,
  series: readonly MetricLine[],
  { catalogue, patterns }: NewPoints,
  plan: DetectionPlan,
): AsyncGenerator<MetricLine> {
  const { range } = trainingWindow(
    { fromMs: plan.judgeAnewFromMs, toMs: plan.range.toMs },
    DETECTION_BUCKET_SECONDS,
  );
  const chosen: LogPattern[] = [];
  for (const line of series) {
    const key = seriesKeyText(line);
    const pattern = patterns.get(key);
    if (pattern !== undefined) {
      chosen.push(pattern);
      continue;
    }
    const { metricName, serviceName, tags } = line;
    const { lines } = await metrics.query(scope, {
      metricName,
      serviceName,
      tags,
      range,
      bucketSeconds: DETECTION_BUCKET_SECONDS,
      aggregation: 'avg',
      groupBy: 'series',
      limit: SIMILAR_MAX,
    });
    const found = lines.find((one) => seriesKeyText(one) === key);
    if (found !== undefined) yield found;
  }
  if (catalogue === undefined) return;
  for (let from = 0; from < chosen.length; from += PATTERNS_AT_ONCE)
    yield* await readPatternSeries(
      logs,
      scope,
      catalogue,
      chosen.slice(from, from + PATTERNS_AT_ONCE),
      range,
    );
}
