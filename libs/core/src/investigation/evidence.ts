import type { EvidenceId, InvestigationId } from '../common/ids';

/** The questions an investigation asks. Each can be asked again by a person with the same parameters. */
export const EVIDENCE_KINDS = [
  'alert',
  'pattern_change',
  'metric_move',
  'change_event',
  'error_spread',
  'service_edge',
] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** A kept result together with the query that produced it. */
export interface Evidence {
  readonly id: EvidenceId;
  readonly investigationId: InvestigationId;
  /** Short name within its investigation: E1, E2 … What claims cite. */
  readonly label: string;
  readonly kind: EvidenceKind;
  readonly serviceName?: string;
  /** One plain sentence with figures. */
  readonly summary: string;
  /** The API request that shows the underlying data: path with query string. */
  readonly query: string;
  /** The result as it was seen, small enough to keep (at most a few kB). */
  readonly result: unknown;
  readonly observedAtMs: number;
}
