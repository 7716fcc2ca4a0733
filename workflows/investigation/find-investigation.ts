import { OpsError } from '../../libs/core/src/common/errors';
import type { InvestigationId } from '../../libs/core/src/common/ids';
import type { Investigation } from '../../libs/core/src/investigation/investigation';
import type { InvestigationStore } from '../../libs/core/src/investigation/investigation-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';

/** Errors: `not_found`. */
export async function findInvestigation(
  store: InvestigationStore,
  project: ProjectScope,
  id: InvestigationId,
): Promise<Investigation> {
  const investigation = await store.find(project, id);
  if (investigation !== undefined) return investigation;
  throw new OpsError('not_found', 'OPS_INVESTIGATION_NOT_FOUND', 'the investigation does not exist');
}
