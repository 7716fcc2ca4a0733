import { findLevelShift } from '../../../analysis/src/find-level-shift';
import type { Fingerprint } from '../common/ids';
import { bucketStarts } from '../common/time-buckets';
import { durationMs, type TimeRange } from '../common/time-range';
import type { FingerprintVolume } from '../logs/log-query';
import { chooseBucketSeconds } from './choose-scope';
import { compareWindows, type CountedPattern } from './describe-patterns';
import type { InvestigationScope } from './investigation';

/** Of so many at most it is asked when they became more frequent. */
const MAX_RISEN = 20;

/** The fingerprints of which to ask when they became more frequent: those of one service alone, as counts over time know no services. */
export function risenFingerprints(
  patterns: readonly CountedPattern[],
  scope: InvestigationScope,
): readonly Fingerprint[] {
  const services = new Map<string, number>();
  for (const { fingerprint } of patterns) services.set(fingerprint, (services.get(fingerprint) ?? 0) + 1);
  const byRef = new Map(patterns.map((pattern) => [pattern.ref, pattern]));
  return compareWindows(patterns, scope)
    .filter(({ trend }) => trend === 'risen')
    .flatMap(({ pattern }) => byRef.get(pattern.ref)?.fingerprint ?? [])
    .filter((fingerprint) => services.get(fingerprint) === 1)
    .slice(0, MAX_RISEN);
}

/** The time in which a rise is looked for: as long before the incident window as that is. */
export function riseRange({ baseline, incident }: InvestigationScope): TimeRange {
  return { fromMs: Math.max(baseline.fromMs, incident.fromMs - durationMs(incident)), toMs: incident.toMs };
}

/** Longer ranges, and those with more records, are looked at by the minute, by which log stores have counted already. */
const MAX_FINE_MS = 10 * 60_000;
const MAX_FINE_RECORDS = 100_000;

/** The width of the buckets in which to ask for counts of these patterns over that time. */
export function riseBucketSeconds(range: TimeRange, patterns: readonly CountedPattern[]): number {
  const seconds = chooseBucketSeconds(range);
  const records = patterns.reduce((sum, { incidentCount }) => sum + incidentCount, 0);
  const isFine = durationMs(range) <= MAX_FINE_MS && records <= MAX_FINE_RECORDS;
  return isFine ? seconds : Math.ceil(seconds / 60) * 60;
}

/** The patterns with the instant from which on they were more frequent, where their counts over time tell one. */
export function withRises(
  patterns: readonly CountedPattern[],
  volumes: readonly FingerprintVolume[],
  scope: InvestigationScope,
  bucketSeconds: number,
): readonly CountedPattern[] {
  const starts = bucketStarts(riseRange(scope), bucketSeconds);
  const from = starts.findIndex((startMs) => startMs >= scope.incident.fromMs);
  const counts = new Map(volumes.map((volume) => [`${volume.fingerprint} ${volume.startMs}`, volume.count]));
  const risen = new Set<string>(volumes.map(({ fingerprint }) => fingerprint));
  return patterns.map((pattern) => {
    if (!risen.has(pattern.fingerprint)) return pattern;
    const perBucket = starts.map((startMs) => counts.get(`${pattern.fingerprint} ${startMs}`) ?? 0);
    const shift = findLevelShift(perBucket, { fromIndex: Math.max(0, from), isRise: true });
    const startMs = shift === undefined || shift.evidence <= 0 ? undefined : starts[shift.index];
    return startMs === undefined ? pattern : { ...pattern, firstAtMs: startMs };
  });
}
