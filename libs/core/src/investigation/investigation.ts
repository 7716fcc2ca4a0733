import type { Contribution } from '../../../analysis/src/root-cause';
import type { IncidentId, InvestigationId, ProjectId } from '../common/ids';
import type { TimeRange } from '../common/time-range';

export const INVESTIGATION_STATUSES = ['running', 'finished', 'failed', 'cancelled'] as const;
export type InvestigationStatus = (typeof INVESTIGATION_STATUSES)[number];

/** What is looked at: the incident window, the baseline it is compared with, and the services the alerts name. */
export interface InvestigationScope {
  readonly incident: TimeRange;
  readonly baseline: TimeRange;
  readonly services: readonly string[];
}

/** A sentence with the evidence it cites. One that cites none is a conjecture and is shown as such. */
export interface Claim {
  readonly text: string;
  /** Labels of evidence (E1 …) of the same investigation. */
  readonly cites: readonly string[];
  readonly conjecture: boolean;
}

/** A candidate cause with what speaks for and against it. None is stated as certain. */
export interface Hypothesis {
  readonly rank: number;
  readonly serviceName: string;
  readonly causeKind: string;
  readonly signal: string;
  readonly score: number;
  readonly onsetAtMs?: number;
  /** `evidence` is the label; the contribution says how much it weighs and why. */
  readonly support: readonly (Omit<Contribution, 'ref'> & { readonly evidence: string })[];
}

export interface InvestigationReport {
  readonly summary: readonly Claim[];
  readonly ranking: readonly Hypothesis[];
  /** `statistics` where no model is configured or the model's text was not usable; then `modelNote` says why. */
  readonly writtenBy: 'statistics' | 'model';
  readonly model?: string;
  readonly modelNote?: string;
  readonly algorithm: string;
  readonly algorithmVersion: string;
  /** What could not be read, so that silence about it is not taken for an all-clear. Absent where all was read. */
  readonly gaps?: readonly InvestigationGap[];
}

/** A part of the evidence that is missing, in words: `Log patterns`, and why. */
export interface InvestigationGap {
  readonly what: string;
  readonly reason: string;
}

export interface Investigation {
  readonly id: InvestigationId;
  readonly projectId: ProjectId;
  readonly incidentId: IncidentId;
  readonly status: InvestigationStatus;
  readonly requestedBy: string;
  readonly startedAtMs: number;
  readonly finishedAtMs?: number;
  readonly scope?: InvestigationScope;
  readonly report?: InvestigationReport;
  readonly failure?: string;
}
