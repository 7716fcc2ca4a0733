import type { ProjectId } from '../common/ids';
import type { Retention } from './retention';

/** The tenant: everything stored belongs to exactly one. */
export interface Project {
  readonly id: ProjectId;
  readonly name: string;
  readonly createdAtMs: number;
  /** How long its records are kept, where it differs from the installation. */
  readonly retention?: Partial<Retention>;
}
