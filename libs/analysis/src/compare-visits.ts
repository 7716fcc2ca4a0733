import { groupBy } from './group-by';
import { median, quantileOfSorted, sorted } from './robust-statistics';
import { rankSumScore } from './rank-sum';
import type { Visit } from './trace-visits';
import { isFailure, isStep } from './visit-events';

/** Normal visits to compare with. What is known to be normal weighs more than what merely came before, which may be part of the trouble. */
export interface VisitBaseline {
  readonly visits: readonly Visit[];
  readonly weight: number;
}

/** A step that is missing from the visits of an operation, or a failure that is new in them. */
export interface StructureChange {
  readonly serviceName: string;
  readonly operation: string;
  readonly event: string;
  readonly isFailure: boolean;
  /** 0 to 5: how much more of the visits show it, times how sure that is. */
  readonly strength: number;
}

/** Time within a service (per operation), or waited for a callee (per pair of services), that grew. */
export interface TimeChange {
  readonly kind: 'self' | 'wait';
  /** Of self time: service and operation. Of waits: caller and callee. */
  readonly first: string;
  readonly second: string;
  /** 0 to 6: logarithm of the growth, times how sure it is. */
  readonly strength: number;
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Above this a single value is out of the ordinary. */
  readonly limitMs: number;
}

const MAX_STRUCTURE_STRENGTH = 5;
const MIN_STRUCTURE_STRENGTH = 0.3;
/** A course of events that makes up so little of a baseline is not a normal course of it. */
const RARE_COURSE_SHARE = 0.1;
/** So many visits make a baseline count by half. */
const HALF_TRUST_VISITS = 5;
const SURE_SCORE = 3;

interface OperationProfile {
  count: number;
  readonly events: Map<string, number>;
  readonly courses: Map<string, number>;
}

export function operationKey(visit: { readonly serviceName: string; readonly operation: string }): string {
  return JSON.stringify([visit.serviceName, visit.operation]);
}

/** The set of a visit's events as one comparable string. */
function courseOf(visit: Visit): string {
  return [...visit.events].sort().join('\n');
}

function profile(visits: readonly Visit[]): ReadonlyMap<string, OperationProfile> {
  const profiles = new Map<string, OperationProfile>();
  for (const visit of visits) {
    const key = operationKey(visit);
    const found = profiles.get(key) ?? {
      count: 0,
      events: new Map<string, number>(),
      courses: new Map<string, number>(),
    };
    profiles.set(key, found);
    found.count += 1;
    for (const event of visit.events) found.events.set(event, (found.events.get(event) ?? 0) + 1);
    const course = courseOf(visit);
    found.courses.set(course, (found.courses.get(course) ?? 0) + 1);
  }
  return profiles;
}

/**
 * Finds operations whose visits take another course than they used to: steps that are missing, failures that are new. A visit counts only
 * where its whole course is rare in the baseline, so that "found" against "not found" is no change; and steps are only ever missed, for
 * recovery from an old fault is none either.
 */
export function compareStructure(
  baselines: readonly VisitBaseline[],
  visits: readonly Visit[],
): readonly StructureChange[] {
  const profiled = baselines.map(({ visits: normal, weight }) => ({ weight, profiles: profile(normal) }));
  const totalWeight = baselines.reduce((sum, { weight }) => sum + weight, 0);
  return [...groupBy(visits, operationKey).values()].flatMap((group): StructureChange[] => {
    const [first] = group;
    if (first === undefined || group.length < 2) return [];
    const key = operationKey(first);
    const courses = group.map((visit) => ({ visit, course: courseOf(visit) }));
    const known = profiled.flatMap(({ weight, profiles }) => {
      const normal = profiles.get(key);
      return normal === undefined
        ? []
        : [{ weight, normal, odd: courses.filter(({ course }) => isRare(normal, course)) }];
    });
    const events = new Set([
      ...group.flatMap((visit) => [...visit.events]),
      ...known.flatMap(({ normal }) => [...normal.events.keys()]),
    ]);
    return [...events].flatMap((event): StructureChange[] => {
      const failure = isFailure(event);
      if (!failure && !isStep(event)) return [];
      let strength = 0;
      for (const { weight, normal, odd } of known) {
        const shown = odd.filter(({ visit }) => visit.events.has(event) === failure).length;
        strength += weight * changeOfShare(normal, event, failure, shown, group.length);
      }
      strength *= MAX_STRUCTURE_STRENGTH / totalWeight;
      if (strength < MIN_STRUCTURE_STRENGTH) return [];
      return [
        { serviceName: first.serviceName, operation: first.operation, event, isFailure: failure, strength },
      ];
    });
  });
}

function isRare(normal: OperationProfile, course: string): boolean {
  return (normal.courses.get(course) ?? 0) <= RARE_COURSE_SHARE * normal.count;
}

function changeOfShare(
  normal: OperationProfile,
  event: string,
  failure: boolean,
  shown: number,
  total: number,
): number {
  const occurred = normal.events.get(event) ?? 0;
  const before = failure ? occurred : normal.count - occurred;
  const growth = shown / total - before / normal.count;
  if (growth <= 0) return 0;
  const sureness = Math.min(1, shareContrast(before, normal.count, shown, total) / SURE_SCORE);
  return (growth * sureness * normal.count) / (normal.count + HALF_TRUST_VISITS);
}

/** Signed root of the deviance between one binomial share and two. */
function shareContrast(before: number, beforeTotal: number, after: number, afterTotal: number): number {
  const share = (before + after) / (beforeTotal + afterTotal);
  const deviance =
    term(before, beforeTotal * share) +
    term(beforeTotal - before, beforeTotal * (1 - share)) +
    term(after, afterTotal * share) +
    term(afterTotal - after, afterTotal * (1 - share));
  const root = Math.sqrt(Math.max(0, 2 * deviance));
  return after / afterTotal >= before / beforeTotal ? root : -root;
}

function term(count: number, expected: number): number {
  return count > 0 ? count * Math.log(count / expected) : 0;
}

const MAX_TIME_STRENGTH = 6;
const MIN_TIME_STRENGTH = 0.3;
/** Growth below a few milliseconds is the clock's and the scheduler's. */
const TIME_FLOOR_MS = 2;
const LIMIT_QUANTILE = 0.9;
const LIMIT_FACTOR = 2;

/** Finds operations that take longer by themselves, and callees that are waited for longer than they work. */
export function compareTimes(
  baselines: readonly VisitBaseline[],
  visits: readonly Visit[],
): readonly TimeChange[] {
  const self = (visit: Visit) => ({ key: operationKey(visit), value: visit.selfMs });
  const wait = (visit: Visit) =>
    visit.caller === undefined || visit.waitMs === undefined
      ? undefined
      : { key: JSON.stringify([visit.caller.serviceName, visit.serviceName]), value: visit.waitMs };
  return [...compareTime('self', self, baselines, visits), ...compareTime('wait', wait, baselines, visits)];
}

type Reading = (visit: Visit) => { readonly key: string; readonly value: number } | undefined;

function compareTime(
  kind: TimeChange['kind'],
  read: Reading,
  baselines: readonly VisitBaseline[],
  visits: readonly Visit[],
): readonly TimeChange[] {
  const normals = baselines.map((baseline) => readAll(read, baseline.visits));
  return [...readAll(read, visits)].flatMap(([key, after]): TimeChange[] => {
    const befores = normals.flatMap((normal) => normal.get(key) ?? []);
    const known = normals.flatMap((normal) => {
      const values = normal.get(key);
      return values === undefined ? [] : [values];
    });
    if (known.length === 0) return [];
    const afterMs = Math.max(0, median(after));
    const strength = known.reduce((sum, before) => sum + growthOf(before, after, afterMs), 0) / known.length;
    if (strength < MIN_TIME_STRENGTH) return [];
    const [first, second] = JSON.parse(key) as [string, string];
    const limitMs = LIMIT_FACTOR * quantileOfSorted(sorted(befores), LIMIT_QUANTILE);
    return [{ kind, first, second, strength, beforeMs: median(befores), afterMs, limitMs }];
  });
}

function readAll(read: Reading, visits: readonly Visit[]): ReadonlyMap<string, number[]> {
  const values = new Map<string, number[]>();
  for (const visit of visits) {
    const reading = read(visit);
    if (reading === undefined) continue;
    const found = values.get(reading.key) ?? [];
    values.set(reading.key, found);
    found.push(reading.value);
  }
  return values;
}

function growthOf(before: readonly number[], after: readonly number[], afterMs: number): number {
  const beforeMs = Math.max(0, median(before));
  if (afterMs <= beforeMs) return 0;
  const growth = Math.log((afterMs + TIME_FLOOR_MS) / (beforeMs + TIME_FLOOR_MS));
  return (
    Math.min(MAX_TIME_STRENGTH, growth) * Math.min(1, Math.max(0, rankSumScore(before, after)) / SURE_SCORE)
  );
}
