import { asId, type EvidenceId, type InvestigationId } from '../common/ids';
import { uuidOfName } from '../common/name-uuid';
import type { Evidence } from './evidence';
import { evidenceLabel, type GatherStep, MAX_EVIDENCE_PER_STEP } from './evidence-label';

/** Evidence before it has a label. `ref` names the input it is about, in the ranking's words. */
export type EvidenceDraft = Pick<Evidence, 'kind' | 'serviceName' | 'summary' | 'query'> & {
  readonly ref: string;
  readonly result: Readonly<Record<string, unknown>>;
};

/** Gives a step's drafts, in their order, labels and ids: the same ones whenever the step runs again. */
export function toEvidence(
  investigationId: InvestigationId,
  step: GatherStep,
  drafts: readonly EvidenceDraft[],
  observedAtMs: number,
): readonly Evidence[] {
  return drafts.slice(0, MAX_EVIDENCE_PER_STEP).map(({ ref, result, ...draft }, index) => {
    const label = evidenceLabel(step, index);
    const id = asId<EvidenceId>(uuidOfName(`evidence:${investigationId}:${label}`));
    return { ...draft, id, investigationId, label, result: { ref, ...result }, observedAtMs };
  });
}

/** Which evidence there is for each input of the ranking. The first wins. */
export function labelsByRef(evidence: readonly Evidence[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const { result, label } of evidence) {
    const ref = refOf(result);
    if (ref !== undefined && !labels.has(ref)) labels.set(ref, label);
  }
  return labels;
}

function refOf(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null || !('ref' in result)) return undefined;
  return typeof result.ref === 'string' ? result.ref : undefined;
}
