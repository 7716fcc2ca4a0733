import type { IncidentId, InvestigationId, ProjectId } from '../../libs/core/src/common/ids';
import type { InvestigationGap, InvestigationScope } from '../../libs/core/src/investigation/investigation';
import type { DraftClaim } from '../../libs/core/src/investigation/verify-citations';

export const INVESTIGATION_WORKFLOW = 'investigation';
export const INVESTIGATION_PROGRESS_QUERY = 'progress';

export interface InvestigationInput {
  readonly projectId: ProjectId;
  readonly incidentId: IncidentId;
  readonly investigationId: InvestigationId;
  /** A person's name, or `opspilot`. */
  readonly requestedBy: string;
}

export interface ScopedInvestigation extends InvestigationInput {
  readonly scope: InvestigationScope;
}

export type InvestigationStep = 'create' | 'scope' | 'gather' | 'rank' | 'ask_model' | 'write' | 'done';

/** Answer of the progress query. */
export interface InvestigationProgress {
  readonly step: InvestigationStep;
  readonly startedAt: string;
  readonly steps: readonly { readonly step: InvestigationStep; readonly startedAt: string }[];
  readonly gathered: readonly { readonly what: string; readonly evidence: number }[];
  readonly gaps: readonly InvestigationGap[];
}

export interface InvestigationPlan {
  /** Absent where no language model is configured. */
  readonly model?: { readonly name: string; readonly timeoutMs: number };
}

/** What a gather step hands back: the evidence itself is in the store. */
export interface Gathered {
  readonly evidence: number;
  /** Set where a limit cut what was looked at. */
  readonly cutBecause?: string;
}

export type ModelSummary =
  | { readonly outcome: 'written'; readonly model: string; readonly claims: readonly DraftClaim[] }
  | { readonly outcome: 'unusable'; readonly note: string };

export interface FinishRequest extends ScopedInvestigation {
  readonly gaps: readonly InvestigationGap[];
  readonly modelSummary?: ModelSummary;
}

export interface InvestigationActivities {
  /** Creates the investigation and tells the timeline that it has begun. */
  createInvestigation(input: InvestigationInput): Promise<InvestigationPlan>;
  /** Chooses the windows once; later calls give the same ones. */
  scopeInvestigation(input: InvestigationInput): Promise<InvestigationScope>;
  gatherAlerts(input: ScopedInvestigation): Promise<Gathered>;
  gatherPatterns(input: ScopedInvestigation): Promise<Gathered>;
  gatherMetrics(input: ScopedInvestigation): Promise<Gathered>;
  gatherChanges(input: ScopedInvestigation): Promise<Gathered>;
  gatherErrors(input: ScopedInvestigation): Promise<Gathered>;
  gatherEdges(input: ScopedInvestigation): Promise<Gathered>;
  /** Ranks the causes, keeps evidence of all that the ranking leans on, and stores the ranking. */
  rankCauses(
    input: ScopedInvestigation & { readonly unavailable: readonly string[] },
  ): Promise<{ readonly causes: number }>;
  /** Asks the model for a summary of the kept evidence. Fails where the model does not answer. */
  askModel(input: InvestigationInput): Promise<ModelSummary>;
  /** Verifies the citations, stores the report and tells the timeline. */
  finishInvestigation(request: FinishRequest): Promise<{ readonly headline: string }>;
  closeInvestigation(
    input: InvestigationInput,
    status: 'failed' | 'cancelled',
    reason: string,
  ): Promise<void>;
}
