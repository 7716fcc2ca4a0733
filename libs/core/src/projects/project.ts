import type { ProjectId } from '../common/ids';

/** The tenant: everything stored belongs to exactly one. */
export interface Project {
  readonly id: ProjectId;
  readonly name: string;
  readonly createdAtMs: number;
}
