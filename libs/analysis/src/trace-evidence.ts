import { groupBy } from './group-by';
import {
  type StructureChange,
  type TimeChange,
  type VisitBaseline,
  compareStructure,
  compareTimes,
  operationKey,
} from './compare-visits';
import type { RootCauseInput } from './root-cause';
import { figure, shorten } from './format-evidence';
import { type Visit, buildVisits } from './trace-visits';

/** What traces say against one service. */
export interface TraceEvidence {
  readonly serviceName: string;
  /** Identity of a trace that shows it. */
  readonly ref: string;
  readonly signal: string;
  readonly signalClass: 'latency' | 'errors';
  readonly strength: number;
  readonly why: string;
}

const REFERENCE_WEIGHT = 2;
const BEFORE_WEIGHT = 1;
/** Time lost between caller and callee is the callee's network as a rule, and the caller's sometimes. */
const CALLER_SHARE = 0.5;
const NOTABLE_TIME_STRENGTH = 0.7;
const NEGLIGIBLE = 0.05;

/**
 * Compares the traces of the incident with those of the reference and those before it. A change of a visit's course is held against its
 * service only as far as no visit below it is out of the ordinary: the deepest odd visit is where it started. Self times and waits are
 * local as they are.
 */
export function findTraceEvidence(input: RootCauseInput): readonly TraceEvidence[] {
  const all = buildVisits(input.spans ?? [], input.logs ?? []);
  const visits = all.filter(
    ({ startMs }) => startMs >= input.incident.fromMs && startMs < input.incident.toMs,
  );
  const before = all.filter(
    ({ startMs }) => startMs >= input.baseline.fromMs && startMs < input.baseline.toMs,
  );
  const reference = buildVisits(input.reference?.spans ?? [], input.reference?.logs ?? []);
  const baselines: readonly VisitBaseline[] = [
    { visits: reference, weight: REFERENCE_WEIGHT },
    { visits: before, weight: BEFORE_WEIGHT },
  ].filter((baseline) => baseline.visits.length > 0);
  if (baselines.length === 0 || visits.length === 0) return [];
  const structure = compareStructure(baselines, visits);
  const times = compareTimes(baselines, visits);
  const below = oddnessBelow(visits, structure, times);
  return [...structureEvidence(structure, visits, below), ...timeEvidence(times, visits)];
}

/** For each visit, how odd the oddest visit below it is. Relies on callers coming before callees. */
function oddnessBelow(
  visits: readonly Visit[],
  structure: readonly StructureChange[],
  times: readonly TimeChange[],
): ReadonlyMap<Visit, number> {
  const structures = groupBy(structure, operationKey);
  const notable = new Map(
    times
      .filter(({ strength }) => strength > NOTABLE_TIME_STRENGTH)
      .map((change) => [JSON.stringify([change.kind, change.first, change.second]), change]),
  );
  const below = new Map<Visit, number>();
  for (const visit of [...visits].reverse()) {
    let oddness = below.get(visit) ?? 0;
    for (const change of structures.get(operationKey(visit)) ?? []) {
      if (visit.events.has(change.event) === change.isFailure) oddness = Math.max(oddness, change.strength);
    }
    const self = notable.get(JSON.stringify(['self', visit.serviceName, visit.operation]));
    if (self !== undefined && visit.selfMs > self.limitMs) oddness = Math.max(oddness, self.strength);
    const { caller, waitMs } = visit;
    if (caller === undefined) continue;
    const wait = notable.get(JSON.stringify(['wait', caller.serviceName, visit.serviceName]));
    if (wait !== undefined && (waitMs ?? 0) > wait.limitMs) oddness = Math.max(oddness, wait.strength);
    below.set(caller, Math.max(below.get(caller) ?? 0, oddness));
  }
  return below;
}

function structureEvidence(
  structure: readonly StructureChange[],
  visits: readonly Visit[],
  below: ReadonlyMap<Visit, number>,
): readonly TraceEvidence[] {
  const groups = groupBy(visits, operationKey);
  return structure.flatMap((change): TraceEvidence[] => {
    const group = groups.get(operationKey(change)) ?? [];
    const shown = group.filter((visit) => visit.events.has(change.event) === change.isFailure);
    const local = shown.filter((visit) => (below.get(visit) ?? 0) < Math.min(1, change.strength / 2));
    const strength = shown.length === 0 ? 0 : (change.strength * local.length) / shown.length;
    const [example] = local;
    if (example === undefined || strength < NEGLIGIBLE) return [];
    const what = change.isFailure ? `show "${shorten(change.event)}"` : `lack "${shorten(change.event)}"`;
    const why = `${shown.length} of ${group.length} visits of ${change.operation} ${what}, in ${local.length} of them nothing below is odd`;
    return [
      {
        serviceName: change.serviceName,
        ref: example.traceId,
        signal: change.operation,
        signalClass: 'errors',
        strength,
        why,
      },
    ];
  });
}

function timeEvidence(times: readonly TimeChange[], visits: readonly Visit[]): readonly TraceEvidence[] {
  return times.flatMap((change): TraceEvidence[] => {
    const from = `from ${figure(change.beforeMs)} to ${figure(change.afterMs)} ms`;
    if (change.kind === 'self') {
      const example = visits.find(
        (visit) => visit.serviceName === change.first && visit.operation === change.second,
      );
      const why = `own time of ${change.second} rose ${from}`;
      return [toTimeEvidence(change.first, change.second, example, change.strength, why)];
    }
    const example = visits.find(
      (visit) => visit.serviceName === change.second && visit.caller?.serviceName === change.first,
    );
    const why = `waiting of ${change.first} for ${change.second} beyond its own time rose ${from}`;
    return [
      toTimeEvidence(change.second, change.second, example, change.strength, why),
      toTimeEvidence(change.first, change.second, example, change.strength * CALLER_SHARE, why),
    ];
  });
}

function toTimeEvidence(
  serviceName: string,
  signal: string,
  example: Visit | undefined,
  strength: number,
  why: string,
): TraceEvidence {
  return { serviceName, ref: example?.traceId ?? signal, signal, signalClass: 'latency', strength, why };
}
