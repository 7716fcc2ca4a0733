import { z } from 'zod';
import { OpsError } from '../../core/src/common/errors';
import { durationMs, type TimeRange, toIso } from '../../core/src/common/time-range';
import { COMPARE_ALGORITHM, type PatternDifference } from '../../core/src/logs/compare-pattern-windows';
import type { PatternGroup } from '../../core/src/logs/group-pattern-counts';
import { formatDurationSeconds } from '../../core/src/common/duration';
import {
  countParameter,
  field,
  instant,
  levels,
  rangeFields,
  resolveInstant,
  text,
  totals,
  toTimeRange,
} from './common.contract';

export const logPatternDiffParameters = z.strictObject({
  ...rangeFields,
  baseline_start_time: instant(
    'Start of the time to compare with; default: so that both are equally long',
    'now-2h',
  ).optional(),
  baseline_end_time: instant('End of the time to compare with; default: the start', 'now-1h').optional(),
  level: levels('Only records of exactly these levels').optional(),
  service_name: field(text(200), 'Only records of this service', 'checkout').optional(),
  limit: countParameter({ min: 1, max: 500, default: 50 }, 'How many patterns of each kind at most'),
});

/** Errors: OpsError `invalid` where one of the windows is empty. */
export function toDiffWindows(
  written: z.output<typeof logPatternDiffParameters>,
  nowMs: number,
): { readonly baseline: TimeRange; readonly current: TimeRange } {
  const current = toTimeRange(written, nowMs);
  const { baseline_start_time: start, baseline_end_time: end } = written;
  const toMs = end === undefined ? current.fromMs : resolveInstant(end, nowMs);
  const fromMs = start === undefined ? toMs - durationMs(current) : resolveInstant(start, nowMs);
  if (fromMs < toMs) return { baseline: { fromMs, toMs }, current };
  throw new OpsError('invalid', 'OPS_REQUEST_INVALID', 'baseline_start_time: is not before the end', {
    fields: [
      {
        field: 'baseline_start_time',
        reason: 'is not before baseline_end_time',
        allowed: 'an instant before baseline_end_time',
      },
    ],
  });
}

export const algorithmField = field(
  z.object({
    name: field(z.string(), 'Its name', 'typed-skeletons'),
    version: field(z.int(), 'Goes up whenever the same input may give another result', 1),
  }),
  'What computed this',
  { name: 'typed-skeletons', version: 1 },
);

const isoInstant = (description: string) => field(z.string(), description, '2026-01-15T12:00:00.000Z');

const patternFields = {
  id: field(
    z.string(),
    'Id of the pattern, which stays; of the fingerprint, where log clustering does not know it yet',
    '9f86d081884c7d65',
  ),
  template: field(z.string(), 'What its messages have in common', 'user <name> took <duration>'),
  catalogued: field(z.boolean(), 'Whether log clustering knows it; else it is one fingerprint', true),
  level: field(z.string(), 'The most severe of its levels in the range', 'error'),
  services: field(z.array(z.string()), 'The services that wrote it', ['checkout']),
  labels: field(z.array(z.string()), 'Predefined and own labels that apply to it', ['connection-timeout']),
  fingerprints: field(
    z.array(z.string()),
    'The fingerprints of its records in the range: what to ask /api/logs/query for',
    ['9f86d081884c7d65'],
  ),
  examples: field(
    z.array(
      z.object({
        id: field(z.string(), 'Id of the record', '01bc3d5e8f4a'),
        service_name: field(z.string(), 'The service that wrote it', 'checkout'),
        message: field(z.string(), 'What it says', 'connection to db-1 timed out after 3000 ms'),
      }),
    ),
    'Some of its records, the newest first',
    [],
  ),
};

const logPattern = z.object({
  ...patternFields,
  count: field(z.int(), 'Records in the range', 42),
  first_seen: isoInstant('The first of them; or, where known to be earlier, the first of all'),
  last_seen: isoInstant('The last of them'),
  trend: field(z.array(z.int()), 'Records in each bucket of the range, in order of time', [0, 12, 30]),
  wildcards: field(
    z.array(
      z.object({
        kind: field(z.string(), 'What its values are', 'duration'),
        distinct: field(z.int(), 'How many different ones, about', 12),
        top_values: field(z.array(z.string()), 'The most frequent ones of a sample', ['3000 ms']),
        min: field(z.number().nullable(), 'The smallest, where all are numbers', 3000),
        max: field(z.number().nullable(), 'The largest, where all are numbers', 5000),
      }),
    ),
    'The variables of the template, in order; empty where log clustering does not know it yet',
    [],
  ),
  last_change: field(
    z
      .object({
        kind: field(z.string(), 'new, gone or surging', 'surging'),
        at: isoInstant('When log clustering saw it'),
        significance: field(z.number(), 'How clear it is, about in standard deviations', 7.5),
        per_minute: field(z.number(), 'Records a minute at that time', 40),
        baseline_per_minute: field(z.number(), 'Records a minute in the time before', 2),
      })
      .nullable(),
    'What log clustering noticed last about how often it occurs; null where nothing',
    null,
  ),
});

export const logPatternsResponse = z.object({
  algorithm: algorithmField,
  time_bucket: field(z.string(), 'Width of the buckets of trend', '1m'),
  start_time: isoInstant('Start of the first bucket'),
  complete: field(z.boolean(), 'False where there were more patterns than are looked at', true),
  patterns: field(z.array(logPattern), 'The most frequent first', []),
  ...totals,
});

const difference = z.object({
  ...patternFields,
  current_count: field(z.int(), 'Records in the range', 42),
  baseline_count: field(z.int(), 'Records in the time that it is compared with', 2),
  current_per_minute: field(z.number(), 'The same a minute', 0.7),
  baseline_per_minute: field(z.number(), 'The same a minute', 0.03),
  ratio: field(z.number().nullable(), 'Rate over baseline rate; null where the baseline has none', 21),
  significance: field(z.number(), 'How clear the difference is, about in standard deviations', 7.5),
});

const windowField = (description: string) =>
  field(z.object({ start_time: isoInstant('Its start'), end_time: isoInstant('Its end') }), description, {});

export const logPatternDiffResponse = z.object({
  algorithm: algorithmField,
  current: windowField('The time that is looked at'),
  baseline: windowField('The time that it is compared with'),
  complete: field(z.boolean(), 'False where there were more patterns than are looked at', true),
  new: field(z.array(difference), 'Not in the baseline, the clearest first', []),
  gone: field(z.array(difference), 'Only in the baseline, the clearest first', []),
  surging: field(z.array(difference), 'Significantly more frequent, the clearest first', []),
  fading: field(z.array(difference), 'Significantly less frequent, the clearest first', []),
});

export interface LabelledGroup {
  readonly group: PatternGroup;
  readonly labels: readonly string[];
}

const TOP_VALUES = 5;
const EXAMPLE_CHARS = 2000;

function toPatternFields({ group, labels }: LabelledGroup) {
  return {
    id: group.id,
    template: group.template,
    catalogued: group.pattern !== undefined,
    level: group.level,
    services: [...group.services],
    labels: [...labels],
    fingerprints: [...group.fingerprints],
    examples: group.examples.map(({ id, serviceName, message }) => ({
      id,
      service_name: serviceName,
      message: message.slice(0, EXAMPLE_CHARS),
    })),
  };
}

export function toLogPatternsResponse(answer: {
  readonly algorithm: { readonly name: string; readonly version: number };
  readonly shown: readonly LabelledGroup[];
  readonly total: number;
  readonly isCut: boolean;
  readonly bucketSeconds: number;
  readonly bucketStartsMs: readonly number[];
  /** By pattern id, a number for each bucket. */
  readonly trends: ReadonlyMap<string, readonly number[]>;
}) {
  return {
    algorithm: answer.algorithm,
    time_bucket: formatDurationSeconds(answer.bucketSeconds),
    start_time: toIso(answer.bucketStartsMs[0] ?? 0),
    complete: !answer.isCut,
    patterns: answer.shown.map((labelled) => {
      const { group } = labelled;
      const change = group.pattern?.lastChange;
      return {
        ...toPatternFields(labelled),
        count: group.count,
        first_seen: toIso(Math.min(group.firstAtMs, group.pattern?.firstAtMs ?? Infinity)),
        last_seen: toIso(group.lastAtMs),
        trend: [...(answer.trends.get(group.id) ?? [])],
        wildcards: (group.pattern?.wildcards ?? []).map(({ kind, distinct, topValues, range }) => ({
          kind,
          distinct,
          top_values: topValues.slice(0, TOP_VALUES).map(([value]) => value),
          min: range?.[0] ?? null,
          max: range?.[1] ?? null,
        })),
        last_change:
          change === undefined
            ? null
            : {
                kind: change.kind,
                at: toIso(change.atMs),
                significance: change.score,
                per_minute: change.currentPerMinute,
                baseline_per_minute: change.baselinePerMinute,
              },
      };
    }),
    total: answer.total,
    next_cursor: null,
  };
}

export type LabelledDifference = PatternDifference & LabelledGroup;

export function toLogPatternDiffResponse(
  windows: { readonly baseline: TimeRange; readonly current: TimeRange },
  differences: readonly LabelledDifference[],
  isCut: boolean,
) {
  const ofKind = (kind: PatternDifference['kind']) =>
    differences.filter((one) => one.kind === kind).map(toDifference);
  return {
    algorithm: COMPARE_ALGORITHM,
    current: toWindow(windows.current),
    baseline: toWindow(windows.baseline),
    complete: !isCut,
    new: ofKind('new'),
    gone: ofKind('gone'),
    surging: ofKind('surging'),
    fading: ofKind('fading'),
  };
}

function toDifference(one: LabelledDifference) {
  return {
    ...toPatternFields(one),
    current_count: one.currentCount,
    baseline_count: one.baselineCount,
    current_per_minute: one.currentPerMinute,
    baseline_per_minute: one.baselinePerMinute,
    ratio: Number.isFinite(one.ratio) ? one.ratio : null,
    significance: one.score,
  };
}

function toWindow({ fromMs, toMs }: TimeRange) {
  return { start_time: toIso(fromMs), end_time: toIso(toMs) };
}
