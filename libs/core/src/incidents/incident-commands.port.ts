import type { IncidentId } from '../common/ids';
import type { ProjectScope } from '../projects/project-scope';
import type { Incident } from './incident';
import type { Actor } from './timeline-event';

/**
 * What people do to an incident. Goes to the incident's workflow, so that exactly one of two racing commands wins.
 * Errors: `not_found`; `conflict` where the incident is resolved (acknowledge, resolve); `unavailable`.
 */
export abstract class IncidentCommands {
  /** Acknowledging twice is no error and adds no event. */
  abstract acknowledge(
    scope: ProjectScope,
    id: IncidentId,
    actor: Actor,
    comment?: string,
  ): Promise<Incident>;
  /** Allowed on resolved incidents too. */
  abstract comment(scope: ProjectScope, id: IncidentId, actor: Actor, text: string): Promise<Incident>;
  abstract resolve(scope: ProjectScope, id: IncidentId, actor: Actor, comment?: string): Promise<Incident>;
}
