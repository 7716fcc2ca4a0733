import type { ProjectId } from '../common/ids';
import type { Project } from './project';
import type { Retention } from './retention';

/** Projects themselves. The only port without a ProjectScope: it is where scopes come from. */
export abstract class ProjectStore {
  /** Creates the project, or returns the one that has this id already. */
  abstract create(project: Project): Promise<Project>;
  abstract find(id: ProjectId): Promise<Project | undefined>;
  /** How long its records are kept; what is left out is as the installation has it. False where there is no such project. */
  abstract setRetention(id: ProjectId, retention: Partial<Retention>): Promise<boolean>;
  /** All projects by id, after the given one. For workflows that visit every project, page by page. */
  abstract listAfter(after: ProjectId | undefined, limit: number): Promise<readonly Project[]>;
}
