import { comparePatterns } from '../../../analysis/src/compare-patterns';
import { asId, type LogPatternId } from '../common/ids';
import { durationMs, type TimeRange } from '../common/time-range';
import type { PatternCatalogue, PatternChange } from './log-pattern';
import type { LogGroupCount } from './log-query';
import { rarestIfCut } from './rarest-if-cut';

/** How often each fingerprint occurred in a range, all services together. */
export interface FingerprintWindow {
  readonly range: TimeRange;
  readonly counts: readonly LogGroupCount[];
  /** Whether there were more fingerprints than were counted. */
  readonly isCut: boolean;
}

/** What fades without being gone is not noted. */
const KINDS = { new: 'new', gone: 'gone', risen: 'surging', fallen: undefined, steady: undefined } as const;

/**
 * What to note about the patterns of a catalogue: what is significantly different between two windows (comparePatterns). One
 * that was known before the current window and was only absent from the baseline is surging, not new. Where a window was
 * cut, a pattern that is not in it is taken to have occurred as often as the rarest fingerprint that is, not never.
 */
export function findPatternChanges(
  baseline: FingerprintWindow,
  current: FingerprintWindow,
  catalogue: PatternCatalogue,
): ReadonlyMap<LogPatternId, PatternChange> {
  const patternOf = new Map<string, LogPatternId>(
    catalogue.fingerprints.map(({ fingerprint, patternId }) => [fingerprint, patternId]),
  );
  const before = countByPattern(baseline, patternOf);
  const after = countByPattern(current, patternOf);
  const unseenBefore = rarestIfCut(baseline);
  const unseenAfter = rarestIfCut(current);
  const firstAtMs = new Map(catalogue.patterns.map((pattern) => [pattern.id, pattern.firstAtMs]));
  const compared = comparePatterns({
    baselineMs: durationMs(baseline.range),
    incidentMs: durationMs(current.range),
    patterns: catalogue.patterns
      .filter(({ id }) => before.has(id) || after.has(id))
      .map(({ id, services, level, template }) => ({
        ref: id,
        serviceName: services[0] ?? '',
        level,
        text: template,
        baselineCount: before.get(id) ?? unseenBefore,
        incidentCount: after.get(id) ?? unseenAfter,
      })),
  });
  const changes = new Map<LogPatternId, PatternChange>();
  for (const { pattern, trend, score, incidentPerMinute, baselinePerMinute } of compared) {
    const kind = KINDS[trend];
    if (kind === undefined) continue;
    const id = asId<LogPatternId>(pattern.ref);
    const isKnown = (firstAtMs.get(id) ?? Infinity) < current.range.fromMs;
    changes.set(id, {
      kind: kind === 'new' && isKnown ? 'surging' : kind,
      atMs: current.range.toMs,
      score,
      currentPerMinute: incidentPerMinute,
      baselinePerMinute,
    });
  }
  return changes;
}

/** Without the fingerprints that the catalogue does not know. */
function countByPattern(
  { counts }: FingerprintWindow,
  patternOf: ReadonlyMap<string, LogPatternId>,
): ReadonlyMap<LogPatternId, number> {
  const byPattern = new Map<LogPatternId, number>();
  for (const { key, count } of counts) {
    const id = patternOf.get(key);
    if (id !== undefined) byPattern.set(id, (byPattern.get(id) ?? 0) + count);
  }
  return byPattern;
}
