import type { ProjectScope } from '../../core/src/projects/project-scope';

/** One engine with a store of the catalog. */
export interface CatalogEngine<Store> {
  readonly store: Store;
  /** Makes a project. */
  newScope(): Promise<ProjectScope>;
  end(): Promise<void>;
}
