import { describeLag } from './describe-lag';
import { type Explained, type ServiceMass, explainByTopology } from './explain-by-topology';
import type {
  CauseKind,
  ChangeInput,
  Contribution,
  EdgeInput,
  RankedCause,
  RootCauseInput,
  RootCauseRanking,
} from './root-cause';
import { type DepartedSignal, compareText, findDepartedSignals } from './root-cause-signals';
import { type WeighedChange, causeKindOfChange, weighChanges } from './weigh-changes';

const ALGORITHM = 'departures-topology-changes';
const VERSION = '1';
/** Onsets are known to a sampling interval at best. */
const ONSET_TOLERANCE_MS = 60_000;
/** The n-th signal of a service counts 1/n²: ten metrics of one thing are not ten pieces of evidence. */
const SIGNAL_DECAY = 2;
/** A departure half as early as this counts half: causes come before their effects. */
const ONSET_HALF_LIFE_SHARE = 0.5;
const MIN_ONSET_HALF_LIFE_MS = 120_000;
/** A change right before the onset is worth this many times what departed. */
const CHANGE_FACTOR = 2;
/** From this suspicion on, the change is what the cause is called by. */
const NAMING_SUSPICION = 0.25;
const OWN_RESOURCE_PREFERENCE = 1.5;

/**
 * Ranks services by how well they explain what departed from its baseline: robust departures of their metrics and log patterns, earlier ones
 * counting more, moved along the service graph to what explains them, and multiplied by a change of the service shortly before. Deterministic,
 * and independent of the order of the input. Empty where nothing departed.
 */
export function rankRootCauses(input: RootCauseInput): RootCauseRanking {
  const signals = weightByOnset(findDepartedSignals(input), input);
  const services = groupSignals(signals, input);
  const edges = [...input.edges, ...mentionedServices(signals, services)];
  const flows = explainByTopology(massesOf(services), edges, ONSET_TOLERANCE_MS);
  const causes = [...services].map(([name, own]) =>
    toCause(name, own, flows, services, changesOf(input, name)),
  );
  return { algorithm: ALGORITHM, version: VERSION, causes: normalise(causes) };
}

interface WeighedSignal {
  readonly signal: DepartedSignal;
  readonly weight: number;
}

interface ServiceSignals {
  /** The heaviest first. */
  readonly signals: readonly WeighedSignal[];
  readonly onsetMs: number;
}

function weightByOnset(signals: readonly DepartedSignal[], input: RootCauseInput): readonly WeighedSignal[] {
  const firstMs = Math.min(...signals.map((signal) => signal.onsetMs ?? Infinity));
  const halfLifeMs = Math.max(
    MIN_ONSET_HALF_LIFE_MS,
    (input.incident.toMs - input.incident.fromMs) * ONSET_HALF_LIFE_SHARE,
  );
  return signals.map((signal) => {
    const delayMs =
      signal.onsetMs === undefined ? 0 : Math.max(0, signal.onsetMs - firstMs - ONSET_TOLERANCE_MS);
    return { signal, weight: signal.strength * 0.5 ** (delayMs / halfLifeMs) };
  });
}

function groupSignals(
  weighed: readonly WeighedSignal[],
  input: RootCauseInput,
): ReadonlyMap<string, ServiceSignals> {
  const candidates = input.candidates === undefined ? undefined : new Set(input.candidates);
  const groups = new Map<string, WeighedSignal[]>();
  for (const entry of weighed) {
    const name = entry.signal.serviceName;
    if (candidates?.has(name) === false) continue;
    const group = groups.get(name) ?? [];
    group.push(entry);
    groups.set(name, group);
  }
  return new Map([...groups].map(([name, group]) => [name, discountRepeats(group)]));
}

function discountRepeats(group: readonly WeighedSignal[]): ServiceSignals {
  const ordered = [...group].sort(
    (one, other) => other.weight - one.weight || compareText(one.signal.ref, other.signal.ref),
  );
  const signals = ordered.map(({ signal, weight }, index) => ({
    signal,
    weight: weight / (index + 1) ** SIGNAL_DECAY,
  }));
  return { signals, onsetMs: Math.min(...group.map(({ signal }) => signal.onsetMs ?? Infinity)) };
}

function massesOf(services: ReadonlyMap<string, ServiceSignals>): ReadonlyMap<string, ServiceMass> {
  return new Map(
    [...services].map(([name, { signals, onsetMs }]) => {
      const mass = { symptoms: 0, traffic: 0, own: 0, onsetMs };
      for (const { signal, weight } of signals) mass[bearerOf(signal)] += weight;
      return [name, mass];
    }),
  );
}

function bearerOf({ signalClass }: DepartedSignal): 'symptoms' | 'traffic' | 'own' {
  if (signalClass === 'latency' || signalClass === 'errors') return 'symptoms';
  return signalClass === 'traffic' ? 'traffic' : 'own';
}

/** "call to inventory failed" in the log of checkout: an edge, where the graph does not know of it. */
function mentionedServices(
  signals: readonly WeighedSignal[],
  services: ReadonlyMap<string, ServiceSignals>,
): readonly EdgeInput[] {
  return signals.flatMap(({ signal }) => {
    if (signal.kind !== 'pattern' || signal.direction === 'down') return [];
    const words = new Set(signal.name.toLowerCase().match(/[a-z0-9][a-z0-9_-]*/g) ?? []);
    return [...services.keys()]
      .filter((name) => words.has(name.toLowerCase()))
      .map((callee) => ({ caller: signal.serviceName, callee }));
  });
}

function changesOf(input: RootCauseInput, serviceName: string): readonly ChangeInput[] {
  return input.changes.filter((change) => change.serviceName === serviceName);
}

function toCause(
  name: string,
  { signals, onsetMs }: ServiceSignals,
  flows: readonly Explained[],
  services: ReadonlyMap<string, ServiceSignals>,
  changes: readonly ChangeInput[],
): RankedCause {
  const contributions: Contribution[] = signals.map(({ signal, weight }) => ({
    kind: signal.kind,
    ref: signal.ref,
    weight,
    ...(signal.onsetMs === undefined ? {} : { onsetMs: signal.onsetMs }),
    why: signal.why,
  }));
  contributions.push(...topologyContributions(name, flows, services));
  const base = contributions.reduce((sum, contribution) => sum + contribution.weight, 0);
  const change = Number.isFinite(onsetMs) ? weighChanges(changes, onsetMs, ONSET_TOLERANCE_MS) : undefined;
  if (change !== undefined) contributions.push(changeContribution(change, base));
  contributions.sort((one, other) => other.weight - one.weight || compareText(one.ref, other.ref));
  return {
    serviceName: name,
    ...nameCause(signals, change),
    score: contributions.reduce((sum, contribution) => sum + contribution.weight, 0),
    ...(Number.isFinite(onsetMs) ? { onsetMs } : {}),
    contributions,
  };
}

/** Refers to the heaviest signal of the service at the other end. */
function topologyContributions(
  name: string,
  flows: readonly Explained[],
  services: ReadonlyMap<string, ServiceSignals>,
): readonly Contribution[] {
  return flows.flatMap(({ from, to, mass }): Contribution[] => {
    if (from !== name && to !== name) return [];
    const other = from === name ? to : from;
    const ref = services.get(other)?.signals[0]?.signal.ref ?? other;
    return from === name
      ? [
          {
            kind: 'topology',
            ref,
            weight: -mass,
            why: `its symptoms are explained by ${to}, which departed no later`,
          },
        ]
      : [{ kind: 'topology', ref, weight: mass, why: `${from} depends on it and shows symptoms` }];
  });
}

function changeContribution({ change, suspicion, lagMs }: WeighedChange, base: number): Contribution {
  const why = `${change.kind} "${change.title}" came ${describeLag(lagMs)} it first left its baseline`;
  return {
    kind: 'change',
    ref: change.ref,
    weight: base * CHANGE_FACTOR * suspicion,
    onsetMs: change.atMs,
    why,
  };
}

function nameCause(
  signals: readonly WeighedSignal[],
  change: WeighedChange | undefined,
): { signal: string; causeKind: CauseKind } {
  if (change !== undefined && change.suspicion >= NAMING_SUSPICION) {
    return { signal: change.change.title, causeKind: causeKindOfChange(change.change.kind) };
  }
  const first = loudest(signals);
  if (first === undefined) return { signal: '', causeKind: 'unknown' };
  if (first.direction === 'down' && (first.signalClass === 'traffic' || first.kind === 'pattern')) {
    return { signal: first.name, causeKind: 'silence' };
  }
  return { signal: first.name, causeKind: first.signalClass === 'other' ? 'unknown' : first.signalClass };
}

/** The signal to call a service's trouble by: what it has run out of tells more than that it is slow. */
function loudest(signals: readonly WeighedSignal[]): DepartedSignal | undefined {
  let best: DepartedSignal | undefined;
  const loudness = (signal: DepartedSignal) =>
    signal.strength * (signal.signalClass === 'resource' ? OWN_RESOURCE_PREFERENCE : 1);
  for (const { signal } of signals)
    if (best === undefined || loudness(signal) > loudness(best)) best = signal;
  return best;
}

function normalise(causes: readonly RankedCause[]): readonly RankedCause[] {
  const total = causes.reduce((sum, cause) => sum + cause.score, 0);
  if (!(total > 0)) return [];
  return causes
    .map((cause) => ({
      ...cause,
      score: cause.score / total,
      contributions: cause.contributions.map((contribution) => ({
        ...contribution,
        weight: contribution.weight / total,
      })),
    }))
    .sort((one, other) => other.score - one.score || compareText(one.serviceName, other.serviceName));
}
