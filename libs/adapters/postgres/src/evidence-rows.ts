import { asId, type EvidenceId, type InvestigationId } from '../../../core/src/common/ids';
import { toIso } from '../../../core/src/common/time-range';
import type { Evidence } from '../../../core/src/investigation/evidence';

/** Written from an Evidence only. */
export interface EvidenceRow {
  readonly id: string;
  readonly investigation_id: string;
  readonly label: string;
  readonly kind: Evidence['kind'];
  readonly service_name: string | null;
  readonly summary: string;
  readonly query: string;
  readonly result: unknown;
  readonly observed_at: Date;
}

export function toEvidence(row: EvidenceRow): Evidence {
  return {
    id: asId<EvidenceId>(row.id),
    investigationId: asId<InvestigationId>(row.investigation_id),
    label: row.label,
    kind: row.kind,
    ...(row.service_name !== null && { serviceName: row.service_name }),
    summary: row.summary,
    query: row.query,
    result: row.result,
    observedAtMs: row.observed_at.getTime(),
  };
}

/** For jsonb_to_recordset. */
export function toEvidenceInput(evidence: Evidence): object {
  return {
    id: evidence.id,
    investigation_id: evidence.investigationId,
    label: evidence.label,
    kind: evidence.kind,
    service_name: evidence.serviceName,
    summary: evidence.summary,
    query: evidence.query,
    result: evidence.result,
    observed_at: toIso(evidence.observedAtMs),
  };
}
