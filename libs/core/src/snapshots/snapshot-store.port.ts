import type { SnapshotId } from '../common/ids';
import type { Page, PageRequest } from '../common/page';
import type { ProjectScope } from '../projects/project-scope';
import type { Snapshot } from './snapshot';

/** Where snapshots are kept. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class SnapshotStore {
  /** Saving an id again changes nothing. */
  abstract save(scope: ProjectScope, snapshot: Snapshot): Promise<void>;
  abstract find(scope: ProjectScope, id: SnapshotId): Promise<Snapshot | undefined>;
  /** The newest first. */
  abstract list(scope: ProjectScope, page: PageRequest): Promise<Page<Snapshot>>;
  /** Deletes those that were taken before; returns how many. */
  abstract deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number>;
}
