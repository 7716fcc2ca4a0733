import { asId, type Fingerprint } from '../../../core/src/common/ids';
import { bucketStarts } from '../../../core/src/common/time-buckets';
import type { TimeRange } from '../../../core/src/common/time-range';
import { LOG_LEVELS, type LogLevel } from '../../../core/src/logs/log-level';
import type { FingerprintVolume, VolumeBucket } from '../../../core/src/logs/log-query';
import type { QueryClause } from './log-filter-query';
import { toStoredRange } from './stored-range';
import type { Buckets, CountedKey } from './search-indices';

/** Of one answer of OpenSearch, by its setting search.max_buckets. */
const MAX_BUCKETS = 65_535;

/** Of each of the searches that a volume takes, its part. */
export interface VolumeAnswer {
  readonly hits: { readonly total?: { readonly value: number } };
  readonly aggregations?: {
    readonly buckets?: Buckets<CountedKey<number> & { readonly levels: Buckets<CountedKey<LogLevel>> }>;
    readonly keys?: Buckets<CountedKey>;
  };
}

/** Records of one level that lie in a bucket, or in a part of it. */
export interface LevelCount {
  readonly startMs: number;
  readonly level: LogLevel;
  readonly count: number;
}

export interface FingerprintVolumeAnswer {
  readonly aggregations?: {
    readonly buckets: Buckets<CountedKey<number> & { readonly fingerprints: Buckets<CountedKey> }>;
  };
}

/** Records per bucket and level; buckets without any are left out. */
export function volumeSearch(query: QueryClause, bucketSeconds: number): QueryClause {
  return {
    size: 0,
    track_total_hits: false,
    query,
    aggs: {
      buckets: {
        date_histogram: histogram(bucketSeconds),
        aggs: { levels: { terms: { field: 'level', size: LOG_LEVELS.length } } },
      },
    },
  };
}

export function toLevelCounts(answer: VolumeAnswer): readonly LevelCount[] {
  const buckets = answer.aggregations?.buckets?.buckets ?? [];
  return buckets.flatMap(({ key: startMs, levels }) =>
    levels.buckets.map(({ key: level, doc_count: count }) => ({ startMs, level, count })),
  );
}

/** All buckets of the range. Counts of the same bucket and level, of different indices or parts of the bucket, are added up. */
export function toVolume(
  counts: readonly LevelCount[],
  range: TimeRange,
  bucketSeconds: number,
): readonly VolumeBucket[] {
  const byStart = new Map<number, Partial<Record<LogLevel, number>>>();
  for (const { startMs, level, count } of counts) {
    const byLevel = byStart.get(startMs) ?? {};
    byLevel[level] = (byLevel[level] ?? 0) + count;
    byStart.set(startMs, byLevel);
  }
  return bucketStarts(range, bucketSeconds).map((startMs) => {
    const byLevel = byStart.get(startMs) ?? {};
    return { startMs, count: Object.values(byLevel).reduce((sum, count) => sum + count, 0), byLevel };
  });
}

/** So few fingerprints at a time that OpenSearch allows the buckets of all of them in one answer. */
export function fingerprintPortions(
  fingerprints: readonly Fingerprint[],
  range: TimeRange,
  bucketSeconds: number,
): readonly (readonly Fingerprint[])[] {
  const { fromMs, toMs } = toStoredRange(range);
  const buckets = Math.ceil((toMs - fromMs) / (bucketSeconds * 1000)) + 1;
  const size = Math.max(1, Math.floor(MAX_BUCKETS / buckets) - 1);
  // One that is named twice would come with two portions, and be counted with each.
  const distinct = [...new Set(fingerprints)];
  return Array.from({ length: Math.ceil(distinct.length / size) }, (_, portion) =>
    distinct.slice(portion * size, (portion + 1) * size),
  );
}

/** Records per bucket and fingerprint, of these fingerprints only. */
export function fingerprintVolumeSearch(
  query: QueryClause,
  bucketSeconds: number,
  fingerprints: readonly Fingerprint[],
): QueryClause {
  return {
    size: 0,
    track_total_hits: false,
    query: { bool: { filter: [query, { terms: { fingerprint: fingerprints } }] } },
    aggs: {
      buckets: {
        date_histogram: histogram(bucketSeconds),
        aggs: { fingerprints: { terms: { field: 'fingerprint', size: fingerprints.length } } },
      },
    },
  };
}

export function toFingerprintVolume(
  answers: readonly FingerprintVolumeAnswer[],
): readonly FingerprintVolume[] {
  const buckets = answers.flatMap((answer) => answer.aggregations?.buckets.buckets ?? []);
  const volume = buckets.flatMap((bucket) =>
    bucket.fingerprints.buckets.map(({ key, doc_count }) => ({
      fingerprint: asId<Fingerprint>(key),
      startMs: bucket.key,
      count: doc_count,
    })),
  );
  return volume.sort(
    (one, other) => compare(one.fingerprint, other.fingerprint) || one.startMs - other.startMs,
  );
}

function histogram(bucketSeconds: number): QueryClause {
  return { field: 'timestamp', fixed_interval: `${bucketSeconds}s`, min_doc_count: 1 };
}

/** By code unit, as OpenSearch orders keys. */
export function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
