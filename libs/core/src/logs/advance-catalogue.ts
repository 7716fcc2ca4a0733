import { asId, type Fingerprint, type LogPatternId } from '../common/ids';
import type { LearnedTemplates, LearnRequest } from './learn-templates';
import { LOG_LEVELS, type LogLevel } from './log-level';
import type {
  LogPattern,
  PatternCatalogue,
  PatternChange,
  PatternExample,
  PatternFingerprint,
} from './log-pattern';
import type { FingerprintCount } from './log-query';

const EXAMPLE_CHARS = 400;
const EXAMPLES_PER_PATTERN = 3;
const SERVICES_MAX = 20;

export interface CatalogueLimits {
  readonly maxPatterns: number;
  /** Those not seen for the longest time are given up. */
  readonly maxFingerprints: number;
}

/** What a miner has to learn from the fingerprints of an interval. */
export function learnRequestOf(
  previous: PatternCatalogue | undefined,
  counts: readonly FingerprintCount[],
  limits: CatalogueLimits,
): LearnRequest {
  const known = previous?.fingerprints ?? [];
  return {
    ...(previous !== undefined && { before: previous }),
    knownExamples: known.map(({ example }) => example.message),
    knownLeafIds: known.map(({ leafId }) => leafId),
    messages: counts.map(({ example }) => example),
    maxTemplates: limits.maxPatterns,
  };
}

/** The catalogue after an interval: counts added up, fingerprints placed by what the miner has learned, patterns made of them. */
export function advanceCatalogue(
  previous: PatternCatalogue | undefined,
  counts: readonly FingerprintCount[],
  learned: LearnedTemplates,
  toMs: number,
  limits: CatalogueLimits,
): PatternCatalogue {
  const templates = new Map(learned.templates.map((template) => [template.id, template]));
  const byFingerprint = new Map<Fingerprint, PatternFingerprint>();
  previous?.fingerprints.forEach((known, index) => {
    const place = learned.known[index];
    // After a restart the miner has forgotten the names of what it folded away; the pattern they led to may still be there.
    const patternId = place?.templateId ?? known.patternId;
    if (templates.has(patternId))
      byFingerprint.set(known.fingerprint, {
        ...known,
        leafId: place?.leafId ?? known.leafId,
        patternId: asId<LogPatternId>(patternId),
      });
  });
  counts.forEach((count, index) => {
    const place = learned.learned[index];
    if (place?.templateId === undefined || !templates.has(place.templateId)) return;
    const patternId = asId<LogPatternId>(place.templateId);
    const seen = seenNow(count, place.leafId, patternId);
    const known = byFingerprint.get(count.fingerprint);
    byFingerprint.set(count.fingerprint, known === undefined ? seen : joined(known, seen));
  });
  const fingerprints = [...byFingerprint.values()]
    .sort((one, other) => other.lastAtMs - one.lastAtMs || compare(one.fingerprint, other.fingerprint))
    .slice(0, limits.maxFingerprints)
    .sort((one, other) => compare(one.fingerprint, other.fingerprint));
  const changes = new Map(previous?.patterns.map(({ id, lastChange }) => [id, lastChange]));
  return {
    algorithm: learned.algorithm,
    version: learned.version,
    minerState: learned.minerState,
    sinceMs: previous?.sinceMs ?? counts.reduce((least, { firstAtMs }) => Math.min(least, firstAtMs), toMs),
    clusteredToMs: toMs,
    fingerprints,
    patterns: toPatterns(fingerprints, templates, changes),
  };
}

/** The same catalogue with what has changed about its patterns. */
export function withChanges(
  catalogue: PatternCatalogue,
  changes: ReadonlyMap<LogPatternId, PatternChange>,
): PatternCatalogue {
  const patterns = catalogue.patterns.map((pattern) => {
    const lastChange = changes.get(pattern.id);
    return lastChange === undefined ? pattern : { ...pattern, lastChange };
  });
  return { ...catalogue, patterns };
}

function toPatterns(
  fingerprints: readonly PatternFingerprint[],
  templates: ReadonlyMap<string, LearnedTemplates['templates'][number]>,
  changes: ReadonlyMap<LogPatternId, PatternChange | undefined>,
): readonly LogPattern[] {
  const members = new Map<LogPatternId, PatternFingerprint[]>();
  for (const fingerprint of fingerprints) {
    const others = members.get(fingerprint.patternId);
    if (others === undefined) members.set(fingerprint.patternId, [fingerprint]);
    else others.push(fingerprint);
  }
  return [...members]
    .map(([id, of]): LogPattern => {
      const lastChange = changes.get(id);
      return {
        id,
        template: templates.get(id)?.text ?? '',
        wildcards: templates.get(id)?.wildcards ?? [],
        level: of.map(({ level }) => level).reduce(worse),
        services: someServices(of.flatMap(({ services }) => services)),
        count: of.reduce((sum, { count }) => sum + count, 0),
        firstAtMs: of.reduce((least, { firstAtMs }) => Math.min(least, firstAtMs), Infinity),
        lastAtMs: of.reduce((most, { lastAtMs }) => Math.max(most, lastAtMs), -Infinity),
        fingerprints: of.length,
        examples: newestFirst(of)
          .slice(0, EXAMPLES_PER_PATTERN)
          .map(({ example }) => example),
        ...(lastChange !== undefined && { lastChange }),
      };
    })
    .sort((one, other) => compare(one.id, other.id));
}

function seenNow(count: FingerprintCount, leafId: string, patternId: LogPatternId): PatternFingerprint {
  const { fingerprint, level, serviceName, firstAtMs, lastAtMs } = count;
  const example: PatternExample = {
    id: count.exampleId,
    serviceName,
    message: count.example.slice(0, EXAMPLE_CHARS),
  };
  const services = [serviceName];
  return {
    fingerprint,
    patternId,
    leafId,
    level,
    services,
    count: count.count,
    firstAtMs,
    lastAtMs,
    example,
  };
}

function joined(known: PatternFingerprint, seen: PatternFingerprint): PatternFingerprint {
  return {
    ...seen,
    level: worse(known.level, seen.level),
    services: someServices([...known.services, ...seen.services]),
    count: known.count + seen.count,
    firstAtMs: Math.min(known.firstAtMs, seen.firstAtMs),
    lastAtMs: Math.max(known.lastAtMs, seen.lastAtMs),
    example: seen.lastAtMs >= known.lastAtMs ? seen.example : known.example,
  };
}

function someServices(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort(compare).slice(0, SERVICES_MAX);
}

function newestFirst(fingerprints: readonly PatternFingerprint[]): readonly PatternFingerprint[] {
  return [...fingerprints].sort(
    (one, other) => other.lastAtMs - one.lastAtMs || compare(one.fingerprint, other.fingerprint),
  );
}

function worse(one: LogLevel, other: LogLevel): LogLevel {
  return LOG_LEVELS.indexOf(one) >= LOG_LEVELS.indexOf(other) ? one : other;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
