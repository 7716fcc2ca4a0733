import { comparePatterns, type PatternComparison } from '../../../analysis/src/compare-patterns';
import type { PatternInput } from '../../../analysis/src/root-cause';
import type { Fingerprint } from '../common/ids';
import { durationMs, toIso } from '../common/time-range';
import type { FingerprintCount } from '../logs/log-query';
import { rarestIfCut } from '../logs/rarest-if-cut';
import type { EvidenceDraft } from './evidence-draft';
import { logsPath } from './evidence-query';
import type { InvestigationScope } from './investigation';
import { plainText } from '../common/plain-text';
import { plainService, quoteLogText } from './quote-log-text';

const MAX_TEXT = 300;
const MAX_TOLD = 25;

/** A pattern as the ranking takes it, and what is needed to ask for its records again. */
export interface CountedPattern extends PatternInput {
  readonly fingerprint: Fingerprint;
  readonly exampleId: string;
}

/**
 * Joins the counts of both windows, of at most `limit` groups each. Where a window was cut at the limit, a pattern that is
 * not among its groups is taken to have occurred as often as the rarest that is, not never.
 */
export function joinPatternCounts(
  baseline: readonly FingerprintCount[],
  incident: readonly FingerprintCount[],
  limit: number,
): readonly CountedPattern[] {
  const before = new Map(baseline.map((count) => [refOf(count), count.count]));
  const after = new Map(incident.map((count) => [refOf(count), count]));
  const unseenBefore = rarestIfCut({ counts: baseline, isCut: baseline.length >= limit });
  const unseenAfter = rarestIfCut({ counts: incident, isCut: incident.length >= limit });
  return [
    ...incident.map((count) => ({
      ...patternOf(count, before.get(refOf(count)) ?? unseenBefore, count.count),
      // Of what was there before, the first record of the window says nothing.
      ...(before.has(refOf(count)) ? {} : { firstAtMs: count.firstAtMs }),
    })),
    ...baseline
      .filter((count) => !after.has(refOf(count)))
      .map((count) => patternOf(count, count.count, unseenAfter)),
  ];
}

function patternOf(count: FingerprintCount, baselineCount: number, incidentCount: number): CountedPattern {
  return {
    ref: refOf(count),
    serviceName: count.serviceName,
    level: count.level,
    text: plainText(count.example, MAX_TEXT),
    baselineCount,
    incidentCount,
    fingerprint: count.fingerprint,
    exampleId: count.exampleId,
  };
}

function refOf(count: FingerprintCount): string {
  return `pattern:${count.serviceName}:${count.fingerprint}`;
}

/** The patterns by how much clearer they are in one of both windows. */
export function compareWindows(
  patterns: readonly CountedPattern[],
  { baseline, incident }: InvestigationScope,
): readonly PatternComparison[] {
  return comparePatterns({ baselineMs: durationMs(baseline), incidentMs: durationMs(incident), patterns });
}

/** New and risen patterns, the clearest first; where there are none, that is what is kept. */
export function describePatterns(
  patterns: readonly CountedPattern[],
  scope: InvestigationScope,
): readonly EvidenceDraft[] {
  const byRef = new Map(patterns.map((pattern) => [pattern.ref, pattern]));
  const changed = compareWindows(patterns, scope)
    .filter(({ trend }) => trend === 'new' || trend === 'risen')
    .slice(0, MAX_TOLD);
  if (changed.length === 0) return [nothingNew(patterns, scope)];
  return changed.flatMap((comparison) => {
    const pattern = byRef.get(comparison.pattern.ref);
    return pattern === undefined ? [] : [describePattern(pattern, scope, comparison)];
  });
}

/** One pattern; with its comparison where that is known, else by its counts. */
export function describePattern(
  pattern: CountedPattern,
  scope: InvestigationScope,
  comparison?: PatternComparison,
): EvidenceDraft {
  const { serviceName, fingerprint, baselineCount, incidentCount, firstAtMs } = pattern;
  const how = baselineCount > 0 ? 'more often since' : 'first at';
  const began = firstAtMs === undefined ? '' : `, ${how} ${toIso(firstAtMs)}`;
  const before =
    comparison?.trend === 'new' ? 'and never in the baseline' : `against ${baselineCount} in the baseline`;
  return {
    ref: pattern.ref,
    kind: 'pattern_change',
    serviceName,
    summary: `${plainService(serviceName)} logged ${quoteLogText(pattern.text)} (${pattern.level}) ${times(incidentCount)} in the incident window ${before}${began}.`,
    query: logsPath(scope.incident, { fingerprint, serviceName }),
    result: {
      fingerprint,
      level: pattern.level,
      example: pattern.text,
      example_id: pattern.exampleId,
      baseline_count: baselineCount,
      incident_count: incidentCount,
      ...(firstAtMs === undefined ? {} : { [baselineCount > 0 ? 'risen_at' : 'first_at']: toIso(firstAtMs) }),
      ...(comparison === undefined ? {} : { trend: comparison.trend, score: comparison.score }),
    },
  };
}

function nothingNew(patterns: readonly CountedPattern[], scope: InvestigationScope): EvidenceDraft {
  const seen = patterns.filter(({ incidentCount }) => incidentCount > 0).length;
  return {
    ref: 'pattern:none',
    kind: 'pattern_change',
    summary:
      seen > 0
        ? `None of the ${seen} log patterns of the incident window is new or clearly more frequent than in the baseline.`
        : `There are no log records in the incident window, and ${patterns.length === 0 ? 'none' : `${patterns.length} log patterns`} in the baseline.`,
    query: logsPath(scope.incident, {}),
    result: { patterns: seen },
  };
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
