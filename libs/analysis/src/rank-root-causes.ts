import type { SignalClass } from './classify-metric';
import { describeLag } from './describe-lag';
import type { Explained } from './explain-by-topology';
import { explainSymptoms, firstOnsetMs } from './explain-symptoms';
import { compareText, shorten } from './format-evidence';
import type {
  CauseKind,
  ChangeInput,
  Contribution,
  EdgeInput,
  RankedCause,
  RootCauseInput,
  RootCauseRanking,
} from './root-cause';
import { type Evidence, gatherEvidence } from './service-evidence';
import { type WeighedChange, causeKindOfChange, weighChanges } from './weigh-changes';

const ALGORITHM = 'departures-topology-traces-changes';
const VERSION = '3';
/** Onsets are known to a sampling interval at best. */
const ONSET_TOLERANCE_MS = 60_000;
/** A change right before the onset is worth this many times what departed. */
const CHANGE_FACTOR = 2;
/** From this suspicion on, the change is what the cause is called by. */
const NAMING_SUSPICION = 0.25;
const NEGLIGIBLE_SHARE = 0.01;
/** Enough to be ranked where an alert says that something is wrong. */
const WEAK_STRENGTH = 0.25;
/**
 * What a service has run out of tells more than that it is slow. One that waits in vain is slow and fails about equally, and the waiting is
 * what it fails of.
 */
const NAMING_PREFERENCE: Readonly<Partial<Record<SignalClass, number>>> = { resource: 2, latency: 1.1 };

/**
 * Ranks services by how well they explain what departed from its baseline: robust departures of metrics and log patterns, changed courses and
 * times of traces, time lost on call edges and calls that stopped; earlier departures counting more; moved along the service graph to what
 * explains them; and multiplied by a change of the service shortly before. Deterministic, and independent of the order of the input. Empty where
 * nothing departed; where an alert or a symptom is given, weaker departures are ranked too.
 */
export function rankRootCauses(input: RootCauseInput): RootCauseRanking {
  const services = gatherEvidence(input, input.edges, ONSET_TOLERANCE_MS);
  const isIncident =
    input.symptom !== undefined || isAnythingFound(services, input.alertedAtMs !== undefined);
  if (!isIncident) return { algorithm: ALGORITHM, version: VERSION, causes: [] };
  const edges = [...input.edges, ...mentionedServices(services)];
  const flows = explainSymptoms(input, edges, services, ONSET_TOLERANCE_MS);
  const causes = [...services].map(([name, evidence]) =>
    toCause(name, evidence, flows, services, changesOf(input, name)),
  );
  return { algorithm: ALGORITHM, version: VERSION, causes: normalise(causes) };
}

type EvidenceByService = ReadonlyMap<string, readonly Evidence[]>;

function isAnythingFound(services: EvidenceByService, isAlerted: boolean): boolean {
  const all = [...services.values()].flat();
  return all.some(({ hasDeparted, strength }) => hasDeparted || (isAlerted && strength >= WEAK_STRENGTH));
}

/** "call to inventory failed" in the log of checkout: an edge, where the graph does not know of it. */
function mentionedServices(services: EvidenceByService): readonly EdgeInput[] {
  return [...services].flatMap(([caller, evidence]) => {
    const texts = evidence
      .filter(({ kind, direction }) => kind === 'pattern' && direction === 'up')
      .map(({ name }) => name);
    const words = new Set(texts.flatMap((text) => text.toLowerCase().match(/[a-z0-9][a-z0-9_-]*/g) ?? []));
    return [...services.keys()]
      .filter((name) => words.has(name.toLowerCase()))
      .map((callee) => ({ caller, callee }));
  });
}

function scale(cause: RankedCause, factor: number): RankedCause {
  const contributions = cause.contributions.map((contribution) => ({
    ...contribution,
    weight: contribution.weight * factor,
  }));
  return { ...cause, score: cause.score * factor, contributions };
}

function changesOf(input: RootCauseInput, serviceName: string): readonly ChangeInput[] {
  return input.changes.filter((change) => change.serviceName === serviceName);
}

function toCause(
  name: string,
  evidence: readonly Evidence[],
  flows: readonly Explained[],
  services: EvidenceByService,
  changes: readonly ChangeInput[],
): RankedCause {
  const contributions: Contribution[] = evidence
    .filter(({ weight }) => weight > 0)
    .map(({ kind, ref, weight, onsetMs, hasDeparted, why }) => ({
      kind,
      ref,
      weight,
      ...(onsetMs === undefined || !hasDeparted ? {} : { onsetMs }),
      why,
    }));
  contributions.push(...topologyContributions(name, flows, services));
  const base = contributions.reduce((sum, contribution) => sum + contribution.weight, 0);
  const onsetMs = firstOnsetMs(evidence);
  const change = Number.isFinite(onsetMs) ? weighChanges(changes, onsetMs, ONSET_TOLERANCE_MS) : undefined;
  if (change !== undefined) contributions.push(changeContribution(change, base));
  const kept = contributions
    .filter(({ weight }) => Math.abs(weight) > NEGLIGIBLE_SHARE * base)
    .sort(
      (one, other) =>
        other.weight - one.weight || compareText(one.ref, other.ref) || compareText(one.why, other.why),
    );
  return {
    serviceName: name,
    ...nameCause(evidence, change),
    score: kept.reduce((sum, contribution) => sum + contribution.weight, 0),
    ...(Number.isFinite(onsetMs) ? { onsetMs } : {}),
    contributions: kept,
  };
}

/** Refers to the heaviest evidence of the service at the other end. */
function topologyContributions(
  name: string,
  flows: readonly Explained[],
  services: EvidenceByService,
): readonly Contribution[] {
  return flows.flatMap(({ from, to, mass }): Contribution[] => {
    if (from !== name && to !== name) return [];
    const other = from === name ? to : from;
    const ref = services.get(other)?.[0]?.ref ?? other;
    return from === name
      ? [{ kind: 'topology', ref, weight: -mass, why: `its symptoms are explained by ${to}` }]
      : [{ kind: 'topology', ref, weight: mass, why: `it explains symptoms of ${from}` }];
  });
}

function changeContribution({ change, suspicion, lagMs }: WeighedChange, base: number): Contribution {
  const why = `${change.kind} "${shorten(change.title)}" came ${describeLag(lagMs)} it first left its baseline`;
  return {
    kind: 'change',
    ref: change.ref,
    weight: base * CHANGE_FACTOR * suspicion,
    onsetMs: change.atMs,
    why,
  };
}

function nameCause(
  evidence: readonly Evidence[],
  change: WeighedChange | undefined,
): { signal: string; causeKind: CauseKind } {
  if (change !== undefined && change.suspicion >= NAMING_SUSPICION) {
    return { signal: change.change.title, causeKind: causeKindOfChange(change.change.kind) };
  }
  const first = loudest(evidence);
  if (first === undefined) return { signal: '', causeKind: 'unknown' };
  const isSilent =
    first.direction === 'down' && (first.signalClass === 'traffic' || first.kind === 'pattern');
  if (isSilent) return { signal: first.name, causeKind: 'silence' };
  return { signal: first.name, causeKind: first.signalClass === 'other' ? 'unknown' : first.signalClass };
}

/** What to call a service's trouble by. */
function loudest(evidence: readonly Evidence[]): Evidence | undefined {
  let best: Evidence | undefined;
  const loudness = ({ strength, signalClass }: Evidence) => strength * (NAMING_PREFERENCE[signalClass] ?? 1);
  for (const one of evidence) if (best === undefined || loudness(one) > loudness(best)) best = one;
  return best;
}

/** Scores that sum to 1, without the services that hardly have any. */
function normalise(causes: readonly RankedCause[]): readonly RankedCause[] {
  const most = causes.reduce((score, cause) => Math.max(score, cause.score), 0);
  const kept = causes.filter(({ score }) => score > NEGLIGIBLE_SHARE * most);
  const total = kept.reduce((sum, cause) => sum + cause.score, 0);
  return kept
    .map((cause) => scale(cause, 1 / total))
    .sort((one, other) => other.score - one.score || compareText(one.serviceName, other.serviceName));
}
