import type { IncidentId, InvestigationId } from '../common/ids';
import type { ProjectScope } from '../projects/project-scope';

export abstract class InvestigationStarter {
  /** Starts an investigation of an incident on a person's request; returns its id at once. Errors: `not_found`, `unavailable`. */
  abstract start(scope: ProjectScope, incidentId: IncidentId, requestedBy: string): Promise<InvestigationId>;
}
