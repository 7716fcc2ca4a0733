import { randomUUID } from 'node:crypto';
import { asId, type ProjectId } from '../../libs/core/src/common/ids';
import { type ProjectScope, scopeOfProject } from '../../libs/core/src/projects/project-scope';

/** The scope of a project that nothing else has used. No catalog knows it. */
export function newScope(): ProjectScope {
  return scopeOfProject(asId<ProjectId>(randomUUID()));
}
