import type { TimeRange } from '../../../core/src/common/time-range';
import { bucketStarts } from '../../../core/src/common/time-buckets';
import { LOG_LEVELS } from '../../../core/src/logs/log-level';
import type { LogFilter, VolumeBucket } from '../../../core/src/logs/log-query';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { countKey, SLOT_SECONDS } from './count-keys';
import type { LogIndexNames } from './index-names';
import { logFilterQuery } from './log-filter-query';
import { type LevelCount, toLevelCounts, toVolume, type VolumeAnswer, volumeSearch } from './log-volume';
import type { OpenSearchConnection } from './opensearch-connection';
import { type IndexSearch, searchMany } from './search-indices';

const SLOT_MS = SLOT_SECONDS * 1000;
const DAY_MS = 86_400_000;

export interface VolumeSource {
  readonly connection: OpenSearchConnection;
  readonly names: LogIndexNames;
  readonly scope: ProjectScope;
}

/** Records of a level in a bucket, or in that part of it that lies in the day. */
interface KeyRange extends Omit<LevelCount, 'count'> {
  readonly from: number;
  readonly to: number;
}

/** Whole slots of one day. */
interface DayPart {
  readonly name: string;
  readonly range: TimeRange;
}

interface PlainPart {
  readonly indices: readonly string[];
  readonly range: TimeRange;
}

/** A question's parts: slots that are counted by key, and the rest, whose records are gone through. */
interface VolumePlan {
  readonly days: readonly DayPart[];
  readonly rest: readonly PlainPart[];
}

/** Records per bucket and level, of all buckets of the range. Errors: OpsError `unavailable`. */
export async function readLogVolume(
  { connection, names, scope }: VolumeSource,
  filter: LogFilter,
  bucketSeconds: number,
): Promise<readonly VolumeBucket[]> {
  const { days, rest } = planVolume(names, filter, bucketSeconds);
  const parts = days.map((day) => ({ ...day, keys: keyRanges(scope, day.range, filter, bucketSeconds) }));
  const plainSearch = ({ indices, range }: PlainPart): IndexSearch => ({
    indices,
    body: volumeSearch(logFilterQuery(scope, { ...filter, range }), bucketSeconds),
  });
  const answers = await searchMany<VolumeAnswer>(connection, [
    ...parts.map(keyedSearch),
    ...parts.map(keylessSearch),
    ...rest.map(plainSearch),
  ]);
  const isKeyed = (place: number) => answers[parts.length + place]?.hits.total?.value === 0;
  const others = parts.filter((_, place) => !isKeyed(place));
  const again = others.map(({ name, range }) => plainSearch({ indices: [name], range }));
  const counts = [
    ...parts.flatMap(({ keys }, place) => (isKeyed(place) ? withCounts(keys, answers[place]) : [])),
    ...answers.slice(2 * parts.length).flatMap(toLevelCounts),
    ...(await searchMany<VolumeAnswer>(connection, again)).flatMap(toLevelCounts),
  ];
  return toVolume(counts, filter.range, bucketSeconds);
}

/** By key: whole slots of days, where nothing but level and time is asked for. By records: their ends, and indices of years. */
export function planVolume(names: LogIndexNames, filter: LogFilter, bucketSeconds: number): VolumePlan {
  const { range } = filter;
  const slots = {
    fromMs: Math.ceil(range.fromMs / SLOT_MS) * SLOT_MS,
    toMs: Math.floor(range.toMs / SLOT_MS) * SLOT_MS,
  };
  const isKnown = isCountedByKey(filter, bucketSeconds) && slots.fromMs < slots.toMs;
  const indices = isKnown ? names.byDay(slots) : undefined;
  if (indices === undefined) return { days: [], rest: [{ indices: names.covering(range), range }] };
  const ends = [
    { fromMs: range.fromMs, toMs: slots.fromMs },
    { fromMs: slots.toMs, toMs: range.toMs },
  ];
  return {
    days: indices.days.filter((day) => day.range.fromMs < day.range.toMs),
    rest: [
      ...ends
        .filter(({ fromMs, toMs }) => fromMs < toMs)
        .map((end) => ({ indices: names.covering(end), range: end })),
      { indices: indices.years, range: slots },
    ],
  };
}

function isCountedByKey(filter: LogFilter, bucketSeconds: number): boolean {
  const others = Object.entries(filter).filter(([part]) => part !== 'range' && part !== 'levels');
  const asksForMore = others.some(([, value]) => value !== undefined);
  return !asksForMore && filter.levels?.length !== 0 && bucketSeconds % SLOT_SECONDS === 0;
}

function keyRanges(
  { projectId }: ProjectScope,
  range: TimeRange,
  { levels = LOG_LEVELS }: LogFilter,
  bucketSeconds: number,
): readonly KeyRange[] {
  const dayMs = Math.floor(range.fromMs / DAY_MS) * DAY_MS;
  const starts = bucketStarts(range, bucketSeconds);
  return [...new Set(levels)].flatMap((level) => {
    const first = countKey(projectId, level, 0);
    const keyAt = (atMs: number) => first + (atMs - dayMs) / SLOT_MS;
    return starts.map((startMs) => ({
      startMs,
      level,
      from: keyAt(Math.max(startMs, range.fromMs)),
      to: keyAt(Math.min(startMs + bucketSeconds * 1000, range.toMs)),
    }));
  });
}

/** Without a query: only then, and at the top, does OpenSearch count ranges in its index. The project is part of the keys. */
function keyedSearch({ name, keys }: DayPart & { readonly keys: readonly KeyRange[] }): IndexSearch {
  const ranges = keys.map(({ from, to }, place) => ({ key: String(place), from, to }));
  return {
    indices: [name],
    body: { size: 0, track_total_hits: false, aggs: { keys: { range: { field: 'count_key', ranges } } } },
  };
}

function withCounts(keys: readonly KeyRange[], answer: VolumeAnswer | undefined): readonly LevelCount[] {
  const buckets = answer?.aggregations?.keys?.buckets ?? [];
  return buckets.flatMap(({ key: place, doc_count: count }) => {
    const range = keys[Number(place)];
    return range === undefined || count === 0 ? [] : [{ ...range, count }];
  });
}

/** Whether an index has records without key: one that an earlier release has made, or written to. */
function keylessSearch({ name }: DayPart): IndexSearch {
  return {
    indices: [name],
    body: {
      size: 0,
      track_total_hits: 1,
      query: { bool: { must_not: [{ exists: { field: 'count_key' } }] } },
    },
  };
}
