import { bucketStarts } from '../../libs/core/src/common/time-buckets';
import type { TimeRange } from '../../libs/core/src/common/time-range';
import type { LogPattern, PatternCatalogue } from '../../libs/core/src/logs/log-pattern';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { MetricLine } from '../../libs/core/src/metrics/metric-query';
import type { SeriesKey } from '../../libs/core/src/metrics/sample';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { DETECTION_BUCKET_SECONDS } from '../../libs/core/src/anomalies/plan-detection';

/** What the counts of log patterns are called among the series. */
const PATTERN_METRIC = 'log_pattern_count';
/** A pattern that was not seen for so long has nothing to say any more. */
const ALIVE_MS = 86_400_000;

/** The most frequent patterns that were seen in the last day, at most `limit`. */
export function choosePatterns(
  catalogue: PatternCatalogue | undefined,
  nowMs: number,
  limit: number,
): readonly LogPattern[] {
  return (catalogue?.patterns ?? [])
    .filter(({ lastAtMs }) => lastAtMs >= nowMs - ALIVE_MS)
    .sort((one, other) => other.count - one.count || (one.id < other.id ? -1 : 1))
    .slice(0, limit);
}

/** A pattern belongs to a service where only that one says it. */
export function patternSeries({ id, services: [service = '', ...others] }: LogPattern): SeriesKey {
  return {
    metricName: PATTERN_METRIC,
    serviceName: others.length === 0 ? service : '',
    tags: { pattern_id: id },
  };
}

/** How often each pattern occurred in each bucket, zeros included, from its first occurrence on. */
export async function readPatternSeries(
  logs: LogStore,
  scope: ProjectScope,
  catalogue: PatternCatalogue,
  patterns: readonly LogPattern[],
  range: TimeRange,
): Promise<readonly MetricLine[]> {
  if (patterns.length === 0) return [];
  const wanted = new Set(patterns.map(({ id }) => id));
  const patternOf = new Map(
    catalogue.fingerprints
      .filter(({ patternId }) => wanted.has(patternId))
      .map(({ fingerprint, patternId }) => [fingerprint, patternId]),
  );
  const counts = new Map(patterns.map(({ id }) => [id, new Map<number, number>()]));
  const volume = await logs.fingerprintVolume(scope, { range }, DETECTION_BUCKET_SECONDS, [
    ...patternOf.keys(),
  ]);
  for (const { fingerprint, startMs, count } of volume) {
    const id = patternOf.get(fingerprint);
    const own = id === undefined ? undefined : counts.get(id);
    own?.set(startMs, (own.get(startMs) ?? 0) + count);
  }
  const starts = bucketStarts(range, DETECTION_BUCKET_SECONDS);
  return patterns.map((pattern) => ({
    ...patternSeries(pattern),
    points: starts
      .filter((startMs) => startMs >= pattern.firstAtMs)
      .map((startMs) => ({ atMs: startMs, value: counts.get(pattern.id)?.get(startMs) ?? 0 })),
  }));
}
