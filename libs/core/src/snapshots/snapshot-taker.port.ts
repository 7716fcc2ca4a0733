import type { ProjectScope } from '../projects/project-scope';
import type { Snapshot } from './snapshot';

/** Takes snapshots on request, besides those on schedule. */
export abstract class SnapshotTaker {
  /** Takes one now, through its workflow, and waits for it. Errors: `unavailable`. */
  abstract take(scope: ProjectScope): Promise<Snapshot>;
}
