import type { ProjectId, SnapshotId } from '../../libs/core/src/common/ids';
import type { TimeRange } from '../../libs/core/src/common/time-range';
import type { SnapshotTrigger } from '../../libs/core/src/snapshots/snapshot';

export interface SnapshotInput {
  readonly projectId: ProjectId;
  readonly trigger: SnapshotTrigger;
  readonly takenAtMs: number;
  /** How much time before it the snapshot covers. */
  readonly windowMs: number;
}

export interface SnapshotCapture {
  /** Derived from the workflow's id, so that a repeated save changes nothing. */
  readonly snapshotId: SnapshotId;
  readonly projectId: ProjectId;
  readonly trigger: SnapshotTrigger;
  readonly takenAtMs: number;
  readonly range: TimeRange;
}

export interface SnapshotActivities {
  /** Gathers the state of a project's services and keeps it. */
  captureSnapshot(capture: SnapshotCapture): Promise<void>;
  /** Which projects of a shard come after the given one, and where to go on, if there are more. */
  listShardProjects(request: ShardPageRequest): Promise<ShardPage>;
}

export interface ShardPageRequest {
  readonly shard: number;
  readonly shards: number;
  readonly after?: ProjectId;
}

export interface ShardPage {
  readonly projectIds: readonly ProjectId[];
  readonly continueAfter?: ProjectId;
}

export interface SnapshotSweepInput extends ShardPageRequest {
  readonly windowMs: number;
  /** Set where the sweep continues as new: the instant that it stands for, and what it has done so far. */
  readonly takenAtMs?: number;
  readonly soFar?: SnapshotSweepResult;
}

export interface SnapshotSweepResult {
  readonly taken: number;
  readonly failed: number;
}
