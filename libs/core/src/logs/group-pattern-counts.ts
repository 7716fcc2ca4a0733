import { firstLineOf } from '../../../analysis/src/fingerprint';
import { maskMessage } from '../../../analysis/src/mask-message';
import type { Fingerprint } from '../common/ids';
import { LOG_LEVELS, type LogLevel } from './log-level';
import type { LogPattern, PatternExample } from './log-pattern';
import type { FingerprintCount } from './log-query';

/** The records of a range that belong to one pattern. */
export interface PatternGroup {
  /** Of the pattern; of the fingerprint, where the catalogue does not know it yet. */
  readonly id: string;
  readonly template: string;
  /** Absent where the catalogue does not know it yet. */
  readonly pattern?: LogPattern;
  readonly fingerprints: readonly Fingerprint[];
  readonly services: readonly string[];
  /** The most severe one. */
  readonly level: LogLevel;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** The newest first. */
  readonly examples: readonly PatternExample[];
}

const MASKED_CHARS = 512;
const EXAMPLES = 3;

/** Counts by pattern where the catalogue knows their fingerprints, by fingerprint elsewhere. The largest group first. */
export function groupPatternCounts(
  counts: readonly FingerprintCount[],
  known: ReadonlyMap<Fingerprint, LogPattern>,
): readonly PatternGroup[] {
  const groups = new Map<string, FingerprintCount[]>();
  for (const count of counts) {
    const id = known.get(count.fingerprint)?.id ?? count.fingerprint;
    const same = groups.get(id);
    if (same === undefined) groups.set(id, [count]);
    else same.push(count);
  }
  return [...groups]
    .map(([id, members]) => toGroup(id, members, known))
    .sort((one, other) => other.count - one.count || (one.id < other.id ? -1 : 1));
}

function toGroup(
  id: string,
  counts: readonly FingerprintCount[],
  known: ReadonlyMap<Fingerprint, LogPattern>,
): PatternGroup {
  const newestFirst = [...counts].sort((one, other) => other.lastAtMs - one.lastAtMs);
  const [newest] = newestFirst;
  const pattern = newest === undefined ? undefined : known.get(newest.fingerprint);
  return {
    id,
    template: pattern?.template ?? maskMessage(firstLineOf(newest?.example ?? ''), MASKED_CHARS),
    ...(pattern !== undefined && { pattern }),
    fingerprints: [...new Set(counts.map(({ fingerprint }) => fingerprint))].sort(),
    services: [...new Set(counts.map(({ serviceName }) => serviceName))].sort(),
    level: counts
      .map(({ level }) => level)
      .reduce((one, other) => (LOG_LEVELS.indexOf(one) >= LOG_LEVELS.indexOf(other) ? one : other)),
    count: counts.reduce((sum, { count }) => sum + count, 0),
    firstAtMs: counts.reduce((least, { firstAtMs }) => Math.min(least, firstAtMs), Infinity),
    lastAtMs: newest?.lastAtMs ?? 0,
    examples: newestFirst
      .slice(0, EXAMPLES)
      .map(({ exampleId, serviceName, example }) => ({ id: exampleId, serviceName, message: example })),
  };
}
