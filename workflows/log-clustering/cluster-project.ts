import type { LogPatternId } from '../../libs/core/src/common/ids';
import type { SharedClock } from '../../libs/core/src/common/shared-clock.port';
import type { TimeRange } from '../../libs/core/src/common/time-range';
import { advanceCatalogue, learnRequestOf, withChanges } from '../../libs/core/src/logs/advance-catalogue';
import { findPatternChanges, type FingerprintWindow } from '../../libs/core/src/logs/find-pattern-changes';
import type { PatternCatalogue, PatternChange } from '../../libs/core/src/logs/log-pattern';
import type { FingerprintCount } from '../../libs/core/src/logs/log-query';
import type { LogPatternStore } from '../../libs/core/src/logs/log-pattern-store.port';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { TemplateMining } from '../../libs/core/src/logs/template-mining.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import type { Logger } from '../../libs/observability/src/app-logger';
import { notAhead } from '../shared/not-ahead';
import type { ClusteringMetrics } from './clustering-metrics';
import type { ProjectClustering, ProjectClusteringRequest } from './log-clustering.contract';

export interface ClusteringDependencies {
  readonly logs: LogStore;
  readonly patterns: LogPatternStore;
  readonly mining: TemplateMining;
  readonly sharedClock: SharedClock;
  readonly logger: Logger;
  readonly counters: ClusteringMetrics;
  /** Intervals end so long before the scheduled instant, for records that are still on their way. */
  readonly delayMs: number;
  readonly maxPatterns: number;
}

/** Fingerprints (and services) read of one window; of more, the rarest are left for a time when they are not. */
const GROUPS_MAX = 5000;
const FINGERPRINTS_PER_PATTERN = 5;
/** What was received before that is not made up for, and is not learned of by a first run. */
const CATCH_UP_MS = 86_400_000;
/** Records stored so long after they were received, behind a full queue, are still learned of. */
const STORED_LATE_MS = 1_800_000;
/** But not of those that were so old when they were received: they would be looked for among all that is kept. */
const RECEIVED_LATE_MS = 86_400_000;
/** How many windows before the current one it is compared with. */
const BASELINE_WINDOWS = 12;
const ANY_TIME: TimeRange = { fromMs: -Infinity, toMs: Infinity };

/**
 * Reads what was received since the last run, learns from one example of each fingerprint, and saves the catalogue where
 * nobody else has meanwhile. The interval ends at the scheduled instant, so a repeated run finds it done.
 * Errors: those of the stores and of mining; nothing is saved then.
 */
export async function clusterProject(
  deps: ClusteringDependencies,
  scope: ProjectScope,
  { scheduledAtMs, windowMs }: ProjectClusteringRequest,
  signal: AbortSignal,
): Promise<ProjectClustering> {
  const toMs = (await notAhead(deps.sharedClock, scheduledAtMs)) - deps.delayMs;
  const previous = await deps.patterns.load(scope);
  if (previous !== undefined && previous.clusteredToMs >= toMs) return { outcome: 'done' };
  const receivedRange = { fromMs: Math.max(previous?.clusteredToMs ?? -Infinity, toMs - CATCH_UP_MS), toMs };
  const received = await deps.logs.countFingerprints(scope, { range: ANY_TIME, receivedRange }, GROUPS_MAX);
  const counts = [...received, ...(await countStoredLate(deps, scope, previous))];
  if (previous === undefined && counts.length === 0) return { outcome: 'unchanged' };
  if (counts.length >= GROUPS_MAX)
    deps.logger.warn(
      { project_id: scope.projectId, groups: counts.length },
      'more log patterns at once than are read, the rarest are left out',
    );

  signal.throwIfAborted();
  const limits = {
    maxPatterns: deps.maxPatterns,
    maxFingerprints: deps.maxPatterns * FINGERPRINTS_PER_PATTERN,
  };
  const learned = await deps.mining.learn(learnRequestOf(previous, counts, limits), signal);
  const catalogue = advanceCatalogue(previous, counts, learned, toMs, limits);
  const windows = windowsBefore(toMs, windowMs);
  const isColdStart = catalogue.sinceMs > windows.baseline.fromMs;
  const changes = isColdStart
    ? new Map<LogPatternId, PatternChange>()
    : await findChanges(deps, scope, catalogue, windows);

  signal.throwIfAborted();
  const saved = await deps.patterns.save(scope, withChanges(catalogue, changes), previous?.clusteredToMs);
  if (!saved) return { outcome: 'done' };
  count(deps.counters, previous, catalogue, changes);
  return summaryOf(catalogue, [...changes.values()], isColdStart);
}

/**
 * What was received before the catalogue's end and is not in it: it was stored only after the run that ended there. Of
 * fingerprints that the catalogue has, late records stay uncounted, as which of them were counted cannot be told.
 */
async function countStoredLate(
  deps: ClusteringDependencies,
  scope: ProjectScope,
  previous: PatternCatalogue | undefined,
): Promise<readonly FingerprintCount[]> {
  if (previous === undefined) return [];
  const known = previous.fingerprints.map(({ fingerprint }) => fingerprint);
  const toMs = previous.clusteredToMs;
  const receivedRange = { fromMs: toMs - STORED_LATE_MS, toMs };
  const range = { fromMs: receivedRange.fromMs - RECEIVED_LATE_MS, toMs: Infinity };
  return deps.logs.countFingerprints(scope, { range, receivedRange }, GROUPS_MAX, known);
}

function count(
  counters: ClusteringMetrics,
  previous: PatternCatalogue | undefined,
  catalogue: PatternCatalogue,
  changes: ReadonlyMap<LogPatternId, PatternChange>,
): void {
  const known = new Set(previous?.fingerprints.map(({ fingerprint }) => fingerprint));
  const knownPatterns = new Set(previous?.patterns.map(({ id }) => id));
  counters.fingerprints.inc(
    catalogue.fingerprints.filter(({ fingerprint }) => !known.has(fingerprint)).length,
  );
  counters.patterns.inc(catalogue.patterns.filter(({ id }) => !knownPatterns.has(id)).length);
  for (const { kind } of changes.values()) counters.changes.inc({ kind });
}

interface Windows {
  readonly baseline: TimeRange;
  readonly current: TimeRange;
}

function windowsBefore(toMs: number, windowMs: number): Windows {
  const current = { fromMs: toMs - windowMs, toMs };
  return {
    current,
    baseline: { fromMs: current.fromMs - BASELINE_WINDOWS * windowMs, toMs: current.fromMs },
  };
}

async function findChanges(
  deps: ClusteringDependencies,
  scope: ProjectScope,
  catalogue: PatternCatalogue,
  { baseline, current }: Windows,
): Promise<ReadonlyMap<LogPatternId, PatternChange>> {
  const [before, after] = await Promise.all([
    readWindow(deps, scope, baseline),
    readWindow(deps, scope, current),
  ]);
  return findPatternChanges(before, after, catalogue);
}

/** Without services and examples, which nothing is learned from here: reading those too takes ninety times as long (measured). */
async function readWindow(
  { logs }: ClusteringDependencies,
  scope: ProjectScope,
  range: TimeRange,
): Promise<FingerprintWindow> {
  const counts = await logs.countBy(scope, { range }, 'fingerprint', GROUPS_MAX);
  return { range, counts, isCut: counts.length >= GROUPS_MAX };
}

function summaryOf(
  catalogue: PatternCatalogue,
  changes: readonly PatternChange[],
  isColdStart: boolean,
): ProjectClustering {
  const countOf = (kind: PatternChange['kind']) => changes.filter((change) => change.kind === kind).length;
  return {
    outcome: 'advanced',
    algorithm: catalogue.algorithm,
    version: catalogue.version,
    fingerprints: catalogue.fingerprints.length,
    patterns: catalogue.patterns.length,
    isColdStart,
    newPatterns: countOf('new'),
    gonePatterns: countOf('gone'),
    surgingPatterns: countOf('surging'),
  };
}
