import type { EvidenceId, IncidentId, InvestigationId } from '../common/ids';
import type { Page, PageRequest } from '../common/page';
import type { ProjectScope } from '../projects/project-scope';
import type { Evidence } from './evidence';
import type { Investigation } from './investigation';

/** Investigations and the evidence that they kept. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class InvestigationStore {
  /** Creates it, or leaves the one with this id as it is. Errors: `not_found` where this project has no such incident. */
  abstract create(scope: ProjectScope, investigation: Investigation): Promise<void>;
  /** Replaces everything but ids and start. Errors: `not_found`. */
  abstract update(scope: ProjectScope, investigation: Investigation): Promise<void>;
  abstract find(scope: ProjectScope, id: InvestigationId): Promise<Investigation | undefined>;
  /** The newest first. */
  abstract listByIncident(
    scope: ProjectScope,
    incidentId: IncidentId,
    page: PageRequest,
  ): Promise<Page<Investigation>>;
  /** Those whose status is `running`, the oldest first. */
  abstract listRunning(scope: ProjectScope, page: PageRequest): Promise<Page<Investigation>>;
  /** Adding an evidence id again changes nothing. Errors: `not_found` where this project has no such investigation. */
  abstract addEvidence(scope: ProjectScope, evidence: readonly Evidence[]): Promise<void>;
  /** In order of label. */
  abstract listEvidence(scope: ProjectScope, id: InvestigationId): Promise<readonly Evidence[]>;
  abstract findEvidence(scope: ProjectScope, id: EvidenceId): Promise<Evidence | undefined>;
}
