import { compareCallShares } from './compare-call-shares';
import { compareCalls } from './compare-calls';
import type { SignalClass } from './classify-metric';
import { compareText } from './format-evidence';
import { groupBy } from './group-by';
import type { Contribution, EdgeInput, RootCauseInput } from './root-cause';
import { type Signal, findSignals } from './root-cause-signals';
import { findTraceEvidence } from './trace-evidence';

/** Who may be behind a piece of evidence: the service itself, a callee (symptoms), a caller (traffic). */
export type Bearer = 'own' | 'symptom' | 'traffic' | 'lost-calls' | 'trace';

export interface Evidence {
  readonly serviceName: string;
  readonly kind: Contribution['kind'];
  readonly bearer: Bearer;
  readonly signalClass: SignalClass;
  readonly ref: string;
  /** What the cause is called by, if this speaks loudest. */
  readonly name: string;
  readonly direction: 'up' | 'down';
  readonly hasDeparted: boolean;
  readonly strength: number;
  /** Its part of the service's score. */
  readonly weight: number;
  /** In the unit of the metric; 0 where there is none. */
  readonly deviation: number;
  readonly onsetMs?: number;
  readonly why: string;
}

/** What is found on a call edge counts for the callee, and to this part for the caller. */
const CALLER_SHARE = 0.4;
/** From here on a strength is beyond doubt. */
const CERTAIN_STRENGTH = 1;
/** The n-th piece of evidence of a kind counts 1/n³: ten metrics of one thing are not ten pieces of evidence. */
const REPEAT_DECAY = 3;
/** Traces tell single requests apart, which metrics only sum up: where there are traces, metrics lend support. */
const TRACED_SHARE = 0.2;
const MIN_ONSET_HALF_LIFE_MS = 120_000;
const ONSET_HALF_LIFE_SHARE = 0.5;

/** All evidence by service, weighed: repeats discounted, later onsets discounted. The heaviest first. */
export function gatherEvidence(
  input: RootCauseInput,
  edges: readonly EdgeInput[],
  toleranceMs: number,
): ReadonlyMap<string, readonly Evidence[]> {
  const traces = traceEvidence(input);
  const untraced = [...findSignals(input).map(fromSignal), ...callEvidence(input, edges)];
  const all = [...traces, ...(traces.length === 0 ? untraced : untraced.map(supersede))];
  const candidates = input.candidates === undefined ? undefined : new Set(input.candidates);
  const ranked = discountLater(all, input, toleranceMs).filter(
    ({ serviceName }) => candidates?.has(serviceName) !== false,
  );
  const services = groupBy(ranked, ({ serviceName }) => serviceName);
  return new Map(
    [...services]
      .sort(([one], [other]) => compareText(one, other))
      .map(([name, group]) => [name, discountRepeats(group)]),
  );
}

function supersede(evidence: Evidence): Evidence {
  if (evidence.kind === 'pattern') return evidence;
  return { ...evidence, strength: evidence.strength * TRACED_SHARE, weight: evidence.weight * TRACED_SHARE };
}

function fromSignal(signal: Signal): Evidence {
  return { ...signal, bearer: bearerOf(signal.signalClass), weight: signal.strength };
}

function bearerOf(signalClass: SignalClass): Bearer {
  if (signalClass === 'latency' || signalClass === 'errors') return 'symptom';
  return signalClass === 'traffic' ? 'traffic' : 'own';
}

function callEvidence(input: RootCauseInput, edges: readonly EdgeInput[]): readonly Evidence[] {
  const slow = compareCalls(input).flatMap(({ caller, callee, ref, strength, onsetMs, why }): Evidence[] => {
    const base = {
      kind: 'metric',
      bearer: 'own',
      signalClass: 'latency',
      ref,
      name: `calls of ${callee}`,
      direction: 'up',
      hasDeparted: strength >= CERTAIN_STRENGTH,
      deviation: 0,
      onsetMs,
      why,
    } as const;
    return [
      { ...base, serviceName: callee, strength, weight: strength },
      { ...base, serviceName: caller, strength: strength * CALLER_SHARE, weight: strength * CALLER_SHARE },
    ];
  });
  const lost = compareCallShares(input, edges).map(
    ({ caller, callee, ref, strength, hasDeparted, onsetMs, why }): Evidence => ({
      serviceName: caller,
      kind: 'topology',
      bearer: 'lost-calls',
      signalClass: 'errors',
      ref,
      name: `calls of ${callee}`,
      direction: 'down',
      hasDeparted,
      strength,
      weight: strength,
      deviation: 0,
      onsetMs,
      why,
    }),
  );
  return [...slow, ...lost];
}

function traceEvidence(input: RootCauseInput): readonly Evidence[] {
  return findTraceEvidence(input).map(({ serviceName, ref, signal, signalClass, strength, why }) => ({
    serviceName,
    kind: 'trace',
    bearer: 'trace',
    signalClass,
    ref,
    name: signal,
    direction: 'up',
    hasDeparted: strength >= CERTAIN_STRENGTH,
    strength,
    weight: strength,
    deviation: 0,
    why,
  }));
}

/** Causes come before their effects: what departed so much after the first departure counts half. */
function discountLater(
  all: readonly Evidence[],
  input: RootCauseInput,
  toleranceMs: number,
): readonly Evidence[] {
  const departed = all.filter(({ hasDeparted }) => hasDeparted);
  const firstMs = Math.min(...departed.map(({ onsetMs }) => onsetMs ?? Infinity));
  const halfLifeMs = Math.max(
    MIN_ONSET_HALF_LIFE_MS,
    (input.incident.toMs - input.incident.fromMs) * ONSET_HALF_LIFE_SHARE,
  );
  return all.map((evidence) => {
    if (!evidence.hasDeparted || evidence.onsetMs === undefined) return evidence;
    const delayMs = Math.max(0, evidence.onsetMs - firstMs - toleranceMs);
    return { ...evidence, weight: evidence.weight * 0.5 ** (delayMs / halfLifeMs) };
  });
}

function discountRepeats(group: readonly Evidence[]): readonly Evidence[] {
  const discounted = [...groupBy(group, ({ bearer }) => bearer)].flatMap(([bearer, list]) => {
    const ordered = [...list].sort(byWeight);
    if (bearer === 'lost-calls') return ordered;
    return ordered.map((evidence, index) => ({
      ...evidence,
      weight: evidence.weight / (index + 1) ** REPEAT_DECAY,
    }));
  });
  return discounted.sort(byWeight);
}

function byWeight(one: Evidence, other: Evidence): number {
  return other.weight - one.weight || compareText(one.ref, other.ref) || compareText(one.why, other.why);
}
