import type { ProjectId } from '../common/ids';
import type { ApiKey } from './api-key';

declare const proof: unique symbol;

/**
 * Proof that a call acts for one project. Every port method takes one, so a query without a project cannot be written.
 * Made only by the two functions below.
 */
export interface ProjectScope {
  readonly projectId: ProjectId;
  readonly [proof]: true;
}

/** For an authenticated request. */
export function scopeOfApiKey(key: ApiKey): ProjectScope {
  return { projectId: key.projectId } as ProjectScope;
}

/** For a workflow or a consumer that acts on a stored record naming its project. */
export function scopeOfProject(projectId: ProjectId): ProjectScope {
  return { projectId } as ProjectScope;
}
