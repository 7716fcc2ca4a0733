import { OpsError } from '../../libs/core/src/common/errors';
import type { IncidentId } from '../../libs/core/src/common/ids';
import type { Incident } from '../../libs/core/src/incidents/incident';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';

/** Errors: `not_found`. */
export async function findIncident(
  store: IncidentStore,
  scope: ProjectScope,
  id: IncidentId,
): Promise<Incident> {
  return orNoSuchIncident(await store.find(scope, id));
}

/** Errors: `not_found` where there is none. */
export function orNoSuchIncident(incident: Incident | undefined): Incident {
  if (incident !== undefined) return incident;
  throw new OpsError('not_found', 'OPS_INCIDENT_NOT_FOUND', 'the incident does not exist');
}
