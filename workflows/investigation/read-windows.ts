import type { IncidentId } from '../../libs/core/src/common/ids';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import type { RuleStore } from '../../libs/core/src/alerting/rule-store.port';
import type { Rule } from '../../libs/core/src/alerting/rule';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { ChangeEvent } from '../../libs/core/src/ingest/change-event';
import type { ChangeEventStore } from '../../libs/core/src/ingest/change-event-store.port';
import { chooseBucketSeconds } from '../../libs/core/src/investigation/choose-scope';
import { edgesRange } from '../../libs/core/src/investigation/describe-edges';
import { changesRange } from '../../libs/core/src/investigation/describe-changes';
import { type TaggedSeries, toSeriesInput } from '../../libs/core/src/investigation/describe-metrics';
import { type CountedPattern, joinPatternCounts } from '../../libs/core/src/investigation/describe-patterns';
import {
  riseBucketSeconds,
  riseRange,
  risenFingerprints,
  withRises,
} from '../../libs/core/src/investigation/pattern-rises';
import type { InvestigationScope } from '../../libs/core/src/investigation/investigation';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { MetricStore } from '../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { CATCH_UP_MS, LATE_MS } from '../../libs/core/src/services/minutes-to-derive';
import type { ServiceEdge } from '../../libs/core/src/services/service-edge';
import type { ServiceEdgeStore } from '../../libs/core/src/services/service-edge-store.port';
import { readTimeline } from '../incident/read-timeline';
import { deriveEdges } from '../service-edges/derive-edges';

export interface WindowReaders {
  readonly incidentStore: IncidentStore;
  readonly ruleStore: RuleStore;
  readonly logStore: LogStore;
  readonly metricStore: MetricStore;
  readonly changeEventStore: ChangeEventStore;
  readonly serviceEdgeStore: ServiceEdgeStore;
  readonly limits: { readonly maxSeries: number; readonly maxPatterns: number };
  /** Windows of rules end so long before the instant that they are evaluated for. */
  readonly evaluationDelayMs: number;
}

/** From the beginning of the baseline to the end of the incident window. */
function wholeRange(scope: InvestigationScope) {
  return { fromMs: scope.baseline.fromMs, toMs: scope.incident.toMs };
}

export interface FiredAlert {
  readonly transition: Transition;
  /** Absent where it has been deleted since. */
  readonly rule: Rule | undefined;
}

const MAX_ALERTS = 50;

/** The first alerts of an incident, in order of firing, and how many there are in all. */
export async function readAlerts(
  readers: WindowReaders,
  project: ProjectScope,
  incidentId: IncidentId,
): Promise<{ readonly alerts: readonly FiredAlert[]; readonly total: number }> {
  const timeline = await readTimeline(readers.incidentStore, project, incidentId);
  const fired = timeline.flatMap(({ body }) => (body.kind === 'alert_fired' ? [body.transition] : []));
  const first = fired.slice(0, MAX_ALERTS);
  const rules = new Map<string, Rule | undefined>();
  for (const { ruleId } of first) {
    if (!rules.has(ruleId)) rules.set(ruleId, await readers.ruleStore.find(project, ruleId));
  }
  const alerts = first.map((transition) => ({ transition, rule: rules.get(transition.ruleId) }));
  return { alerts, total: fired.length };
}

export async function readPatterns(
  { logStore, limits }: WindowReaders,
  project: ProjectScope,
  scope: InvestigationScope,
): Promise<{ readonly patterns: readonly CountedPattern[]; readonly wasCut: boolean }> {
  const limit = limits.maxPatterns;
  const [baseline, incident] = await Promise.all(
    [scope.baseline, scope.incident].map((range) => logStore.countFingerprints(project, { range }, limit)),
  );
  if (baseline === undefined || incident === undefined)
    throw new Error('one answer for each window expected');
  const patterns = joinPatternCounts(baseline, incident, limit);
  const wasCut = Math.max(baseline.length, incident.length) >= limit;
  const risen = risenFingerprints(patterns, scope);
  if (risen.length === 0) return { patterns, wasCut };
  const range = riseRange(scope);
  const bucketSeconds = riseBucketSeconds(range, patterns);
  const volumes = await logStore.fingerprintVolume(project, { range }, bucketSeconds, risen);
  return { patterns: withRises(patterns, volumes, scope, bucketSeconds), wasCut };
}

export async function readSeries(
  { metricStore, limits }: WindowReaders,
  project: ProjectScope,
  scope: InvestigationScope,
): Promise<{
  readonly series: readonly TaggedSeries[];
  readonly bucketSeconds: number;
  readonly wasCut: boolean;
}> {
  const range = wholeRange(scope);
  const bucketSeconds = chooseBucketSeconds(range);
  const lines = await metricStore.sweep(project, range, bucketSeconds, limits.maxSeries);
  return { series: lines.map(toSeriesInput), bucketSeconds, wasCut: lines.length >= limits.maxSeries };
}

const MAX_CHANGES = 90;

/** Also of some time before: what breaks a service was usually changed before it broke. The latest first. */
export async function readChanges(
  { changeEventStore }: WindowReaders,
  project: ProjectScope,
  scope: InvestigationScope,
): Promise<{ readonly changes: readonly ChangeEvent[]; readonly wasCut: boolean }> {
  const page = await changeEventStore.list(project, { range: changesRange(scope) }, { limit: MAX_CHANGES });
  return { changes: page.items, wasCut: page.total > page.items.length };
}

/** As many as one step may keep as evidence. */
const MAX_EDGES = 99;

/** Who calls whom in both windows, the most frequent first. */
export async function readEdges(
  { serviceEdgeStore }: WindowReaders,
  project: ProjectScope,
  scope: InvestigationScope,
): Promise<{ readonly edges: readonly ServiceEdge[]; readonly wasCut: boolean }> {
  const page = await serviceEdgeStore.list(project, { range: edgesRange(scope) }, { limit: MAX_EDGES });
  return { edges: page.items, wasCut: page.total > page.items.length };
}

/**
 * Derives the edges of the last minutes now, since the schedule has not come to them where the incident is young; and those of
 * both windows where none are kept, since records with times long past are never on schedule.
 */
export async function deriveLatestEdges(
  readers: WindowReaders,
  project: ProjectScope,
  scope: InvestigationScope,
  signal: AbortSignal,
): Promise<void> {
  const range = wholeRange(scope);
  const kept = await readers.serviceEdgeStore.list(project, { range }, { limit: 1 });
  const fromMs = Math.max(range.fromMs, range.toMs - (kept.total > 0 ? LATE_MS : CATCH_UP_MS));
  await deriveEdges(readers, project, { fromMs, toMs: range.toMs }, signal);
}

/** As many as one rule may group by. A service that is not among those of the baseline seems to have had no errors there. */
const MAX_SERVICES = 1000;

export async function readErrors(
  { logStore }: WindowReaders,
  project: ProjectScope,
  scope: InvestigationScope,
) {
  const levels = ['error', 'fatal'] as const;
  const [baseline, incident] = await Promise.all(
    [scope.baseline, scope.incident].map((range) =>
      logStore.countBy(project, { range, levels }, 'service_name', MAX_SERVICES),
    ),
  );
  if (baseline === undefined || incident === undefined)
    throw new Error('one answer for each window expected');
  return { baseline, incident };
}
