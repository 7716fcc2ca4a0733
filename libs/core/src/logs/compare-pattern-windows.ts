import { comparePatterns } from '../../../analysis/src/compare-patterns';
import type { Fingerprint } from '../common/ids';
import { durationMs, type TimeRange } from '../common/time-range';
import { groupPatternCounts, type PatternGroup } from './group-pattern-counts';
import type { LogPattern } from './log-pattern';
import type { FingerprintCount } from './log-query';
import { rarestIfCut } from './rarest-if-cut';

/** Named in results, and in what is stored. */
export const COMPARE_ALGORITHM = { name: 'poisson-rates', version: 1 } as const;

export interface PatternWindow {
  readonly range: TimeRange;
  readonly counts: readonly FingerprintCount[];
  /** Whether there were more groups of records than were counted. */
  readonly isCut: boolean;
}

export interface PatternDifference {
  readonly kind: 'new' | 'gone' | 'surging' | 'fading';
  /** As it is in the current window; where it is not in it, as it was in the baseline. */
  readonly group: PatternGroup;
  readonly baselineCount: number;
  readonly currentCount: number;
  readonly baselinePerMinute: number;
  readonly currentPerMinute: number;
  /** Current rate over baseline rate; Infinity where the baseline has none. */
  readonly ratio: number;
  /** Signed root of the deviance, about standard deviations. */
  readonly score: number;
}

const KINDS = { new: 'new', gone: 'gone', risen: 'surging', fallen: 'fading', steady: undefined } as const;

/**
 * What is significantly different between two windows (comparePatterns), the clearest first. Where a window was cut, a
 * pattern that is not in it is taken to have occurred as often as the rarest that is, not never.
 */
export function comparePatternWindows(
  baseline: PatternWindow,
  current: PatternWindow,
  known: ReadonlyMap<Fingerprint, LogPattern>,
): readonly PatternDifference[] {
  const before = byId(groupPatternCounts(baseline.counts, known));
  const after = byId(groupPatternCounts(current.counts, known));
  const unseenBefore = rarestIfCut(baseline);
  const unseenAfter = rarestIfCut(current);
  const groups = byId([...before.values(), ...after.values()]);
  const compared = comparePatterns({
    baselineMs: durationMs(baseline.range),
    incidentMs: durationMs(current.range),
    patterns: [...groups.values()].map((group) => ({
      ref: group.id,
      serviceName: group.services[0] ?? '',
      level: group.level,
      text: group.template,
      baselineCount: before.get(group.id)?.count ?? unseenBefore,
      incidentCount: after.get(group.id)?.count ?? unseenAfter,
    })),
  });
  return compared.flatMap(({ pattern, trend, score, ratio, baselinePerMinute, incidentPerMinute }) => {
    const kind = KINDS[trend];
    const group = groups.get(pattern.ref);
    if (kind === undefined || group === undefined) return [];
    const { baselineCount, incidentCount: currentCount } = pattern;
    const rates = { baselinePerMinute, currentPerMinute: incidentPerMinute };
    return [{ kind, group, baselineCount, currentCount, ...rates, ratio, score }];
  });
}

function byId(groups: readonly PatternGroup[]): Map<string, PatternGroup> {
  return new Map(groups.map((group) => [group.id, group]));
}
