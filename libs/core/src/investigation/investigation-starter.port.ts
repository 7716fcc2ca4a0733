import type { IncidentId, InvestigationId } from '../common/ids';
import type { ProjectScope } from '../projects/project-scope';

/** Starts the workflow of an investigation, besides the one that each incident gets by itself. */
export abstract class InvestigationStarter {
  /**
   * Starts an investigation of an incident on a person's request; returns its id at once. While one is running, that of
   * the running one. Errors: `not_found`, `unavailable`.
   */
  abstract start(scope: ProjectScope, incidentId: IncidentId, requestedBy: string): Promise<InvestigationId>;
}
