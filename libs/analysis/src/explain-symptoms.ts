import { type Explained, type SymptomGroup, explainByTopology, neighboursOf } from './explain-by-topology';
import { classifyMetric } from './classify-metric';
import { groupBy } from './group-by';
import { cleanPoints } from './prepare-series';
import type { EdgeInput, RootCauseInput } from './root-cause';
import type { Evidence } from './service-evidence';

type EvidenceByService = ReadonlyMap<string, readonly Evidence[]>;

/** A callee that hardly departed explains nothing. */
const MIN_EXPLAINING_STRENGTH = 0.2;
/** Where the figures of caller and callee are not of one metric, what explains what is less sure. */
const UNLIKE_SHARE = 0.75;

/**
 * Who explains whose symptoms. Latency and errors of a caller are explained by a callee as far as the callee's excess of the same metric, times
 * its requests per request of the caller, makes up for the caller's; or by time lost on the edge between them; or, where the callee has no such
 * metric, by whatever departed there. More traffic is explained by callers with more traffic.
 */
export function explainSymptoms(
  input: RootCauseInput,
  edges: readonly EdgeInput[],
  services: EvidenceByService,
  toleranceMs: number,
): readonly Explained[] {
  const known = edges.filter(({ caller, callee }) => services.has(caller) && services.has(callee));
  const requests = meanRequests(input);
  const downward = explainByTopology(
    groupsOf(services, 'symptom'),
    neighboursOf(known, 'callee'),
    (from, to, group) =>
      shareOfCallee(
        services.get(from) ?? [],
        services.get(to) ?? [],
        group,
        (requests.get(to) ?? 1) / (requests.get(from) ?? 1),
        toleranceMs,
      ),
  );
  const upward = explainByTopology(
    groupsOf(services, 'traffic'),
    neighboursOf(known, 'caller'),
    (from, to, group) => shareOfCaller(services.get(from) ?? [], services.get(to) ?? [], group),
  );
  return [...downward, ...upward];
}

const PATTERNS = 'log patterns';

function groupNameOf({ kind, name }: Evidence): string {
  return kind === 'pattern' ? PATTERNS : `metric ${name}`;
}

function groupsOf(services: EvidenceByService, bearer: Evidence['bearer']): readonly SymptomGroup[] {
  const movable = [...services.values()]
    .flat()
    .filter((evidence) => evidence.bearer === bearer && evidence.direction === 'up');
  return [...groupBy(movable, groupNameOf)].map(([name, list]) => {
    const weights = new Map<string, number>();
    for (const { serviceName, weight } of list)
      weights.set(serviceName, (weights.get(serviceName) ?? 0) + weight);
    return { name, weights };
  });
}

/** Mean of the requests per interval in the incident window, by service, where both ends count requests. */
function meanRequests(input: RootCauseInput): ReadonlyMap<string, number> {
  const counts = input.series
    .filter(
      ({ metricName }) =>
        classifyMetric(metricName) === 'traffic' && /(request|ops|calls|rps|qps)/i.test(metricName),
    )
    .sort((one, other) => (one.metricName < other.metricName ? -1 : 1));
  const means = new Map<string, number>();
  for (const { serviceName, points } of counts) {
    if (means.has(serviceName)) continue;
    const values = cleanPoints(points).filter(
      ({ atMs }) => atMs >= input.incident.fromMs && atMs < input.incident.toMs,
    );
    const mean = values.reduce((sum, { value }) => sum + value, 0) / values.length;
    if (mean > 0) means.set(serviceName, mean);
  }
  return means;
}

function shareOfCallee(
  from: readonly Evidence[],
  to: readonly Evidence[],
  group: string,
  requestRatio: number,
  toleranceMs: number,
): number {
  const symptom = from.find((evidence) => groupNameOf(evidence) === group);
  const alike = to.find((evidence) => groupNameOf(evidence) === group);
  const onEdge = Math.max(
    0,
    ...to.filter((evidence) => isOnEdge(evidence, from, to)).map(({ strength }) => strength),
  );
  const byEdge = 1 - Math.exp(-onEdge);
  if (symptom === undefined || isLater(to, from, toleranceMs)) return byEdge;
  if (alike !== undefined && group !== PATTERNS) {
    if (alike.direction === 'down' || alike.strength < MIN_EXPLAINING_STRENGTH) return byEdge;
    return Math.max(
      byEdge,
      Math.min(1, (alike.deviation * requestRatio) / Math.max(symptom.deviation, Number.MIN_VALUE)),
    );
  }
  const strongest = Math.max(
    0,
    ...to
      .filter(({ hasDeparted, bearer }) => hasDeparted && bearer !== 'traffic')
      .map(({ strength }) => strength),
  );
  return Math.max(byEdge, UNLIKE_SHARE * (1 - Math.exp(-strongest)));
}

/** Evidence from the latency of calls between the two. */
function isOnEdge(evidence: Evidence, from: readonly Evidence[], to: readonly Evidence[]): boolean {
  const callee = to[0]?.serviceName ?? '';
  return (
    evidence.name === `calls of ${callee}` &&
    from.some(({ name, ref }) => name === evidence.name && ref === evidence.ref)
  );
}

function isLater(to: readonly Evidence[], from: readonly Evidence[], toleranceMs: number): boolean {
  const calleeMs = firstOnsetMs(to);
  const callerMs = firstOnsetMs(from);
  return Number.isFinite(calleeMs) && Number.isFinite(callerMs) && calleeMs > callerMs + toleranceMs;
}

/** When the first of what surely departed did so; Infinity where nothing did or nothing can be told. */
export function firstOnsetMs(evidence: readonly Evidence[]): number {
  return Math.min(
    ...evidence.filter(({ hasDeparted }) => hasDeparted).map(({ onsetMs }) => onsetMs ?? Infinity),
  );
}

function shareOfCaller(from: readonly Evidence[], to: readonly Evidence[], group: string): number {
  const own = from.find((evidence) => groupNameOf(evidence) === group);
  const caller = to.find(
    (evidence) => groupNameOf(evidence) === group && evidence.direction === 'up' && evidence.hasDeparted,
  );
  return own === undefined || caller === undefined ? 0 : Math.min(1, caller.strength / own.strength);
}
