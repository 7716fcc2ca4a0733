import { toIso } from '../common/time-range';
import type { Evidence, EvidenceKind } from './evidence';
import { numberOfLabel } from './evidence-label';
import type { Claim, Hypothesis, InvestigationGap } from './investigation';
import { plainService, quoteLogText } from './quote-log-text';
import { type DraftClaim, verifyCitations } from './verify-citations';

const CITES_PER_CAUSE = 5;
const REASONS_PER_CAUSE = 2;
/** How many pieces of each kind are told in words; the rest stands in the list of evidence. */
const TOLD: Readonly<Record<EvidenceKind, number>> = {
  alert: 2,
  error_spread: 1,
  pattern_change: 2,
  metric_move: 2,
  change_event: 2,
  service_edge: 1,
};

/**
 * The summary in sentences, from statistics alone: what the evidence says about the causes, then the evidence by
 * kind. Every sentence cites; one that cannot is marked as conjecture.
 */
export function writeReport(
  ranking: readonly Hypothesis[],
  evidence: readonly Evidence[],
  gaps: readonly InvestigationGap[],
): readonly Claim[] {
  const ordered = [...evidence].sort((a, b) => numberOfLabel(a.label) - numberOfLabel(b.label));
  const [first, second] = ranking;
  const leaned = new Set(first?.support.map((item) => item.evidence));
  // What the first cause leans on is told before the rest of its kind.
  const byRelevance = [
    ...ordered.filter((item) => leaned.has(item.label)),
    ...ordered.filter((item) => !leaned.has(item.label)),
  ];
  const told = Object.entries(TOLD).flatMap(([kind, count]) =>
    byRelevance.filter((item) => item.kind === kind).slice(0, count),
  );
  const drafts: DraftClaim[] = [
    headline(ranking, ordered),
    ...(second === undefined ? [] : [describeCause(second, 'Next in support is', ranking)]),
    ...told.map((item) => ({ text: item.summary, cites: [item.label] })),
    ...gaps.map((gap) => ({ text: `${gap.what} could not be read: ${gap.reason}.`, cites: [] })),
  ];
  return verifyCitations(drafts, new Set(ordered.map((item) => item.label)));
}

/** The report in one sentence, for the incident and its timeline. */
export function headlineOf(ranking: readonly Hypothesis[], evidence: readonly Evidence[]): string {
  return headline(ranking, evidence).text;
}

function headline(ranking: readonly Hypothesis[], evidence: readonly Evidence[]): DraftClaim {
  const [first] = ranking;
  if (first === undefined) return noCause(evidence);
  const beginning = ranking.some(hasDeparted) ? 'The best supported cause is' : WEAK_BEGINNING;
  return describeCause(first, beginning, ranking);
}

const WEAK_BEGINNING =
  'Nothing that was looked at departed clearly from its baseline; the strongest of the weak signs is';

/** An alert also admits signals that stayed near their baseline. They have no onset, and log patterns are never among them. */
function hasDeparted({ onsetAtMs, support }: Hypothesis): boolean {
  return onsetAtMs !== undefined || support.some(({ kind }) => kind === 'pattern' || kind === 'trace');
}

function describeCause(cause: Hypothesis, beginning: string, ranking: readonly Hypothesis[]): DraftClaim {
  const supporting = cause.support.filter((item) => item.weight > 0);
  const reasons = [...new Set(supporting.map((item) => item.why))].slice(0, REASONS_PER_CAUSE);
  const onset = cause.onsetAtMs === undefined ? '' : ` since ${toIso(cause.onsetAtMs)}`;
  const because = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  return {
    text: `${beginning} ${nameOfCause(cause)}${onset} (${shareOf(cause, ranking)})${because}.`,
    cites: [...new Set(cause.support.map((item) => item.evidence))].slice(0, CITES_PER_CAUSE),
  };
}

/** Of several none has it all, or nothing. That one service is the only one ranked says how little is known, not how sure it is. */
function shareOf({ score }: Hypothesis, ranking: readonly Hypothesis[]): string {
  if (ranking.length === 1) return 'no other service is ranked';
  return `${Math.min(99, Math.max(1, Math.round(score * 100)))}% of the support`;
}

const CHANGES: ReadonlySet<string> = new Set(['deploy', 'config', 'flag', 'scale', 'change']);

function nameOfCause({ causeKind, serviceName, signal }: Hypothesis): string {
  const service = serviceName === '' ? 'an unnamed service' : plainService(serviceName);
  if (CHANGES.has(causeKind)) return `the ${causeKind} ${quoteLogText(signal)} of ${service}`;
  if (causeKind === 'unknown') return `${service}, by ${quoteLogText(signal)}`;
  return `${causeKind} of ${service}, by ${quoteLogText(signal)}`;
}

/** Cites what was looked at: that nothing departed is a finding too. */
function noCause(evidence: readonly Evidence[]): DraftClaim {
  return {
    text: 'Nothing that was looked at departed clearly from its baseline, so no cause is ranked.',
    cites: evidence.map((item) => item.label).slice(0, CITES_PER_CAUSE),
  };
}
