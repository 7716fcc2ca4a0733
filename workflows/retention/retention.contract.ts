import type { ProjectId } from '../../libs/core/src/common/ids';
import type { Retained } from '../../libs/core/src/projects/retention';

export interface RetentionSweepInput {
  /** Set where the sweep continues as new: the instant that it stands for, where to go on, and what it has done so far. */
  readonly atMs?: number;
  readonly after?: ProjectId;
  readonly soFar?: RetentionSweepResult;
}

export interface RetentionSweepResult {
  /** The instant from which it counted ages. The next run begins no more than a day after it. */
  readonly atMs: number;
  readonly droppedDays: number;
  /** Projects from which single records were deleted. */
  readonly projects: number;
  readonly failed: number;
}

export interface RetentionInput {
  readonly projectId: ProjectId;
  /** The instant from which ages are counted. */
  readonly atMs: number;
}

export interface RetentionResult {
  readonly deleted: number;
  /** False where the time for one run was over, or the project keeps more meanwhile; the next one goes on. */
  readonly isDone: boolean;
}

export interface AgedDaysRequest {
  readonly retained: Retained;
  readonly atMs: number;
}

export interface AgedProjectsRequest {
  readonly atMs: number;
  readonly after?: ProjectId;
}

export interface AgedProjects {
  readonly projectIds: readonly ProjectId[];
  readonly continueAfter?: ProjectId;
}

export interface RetentionActivities {
  /**
   * Drops the days that have aged for all projects that have records in them; returns how many. With those of log records, the service
   * edges that were counted from them go too, and snapshots, change events and resolved incidents after their own time; with those of samples, the
   * names of series that have none any more.
   */
  dropAgedDays(request: AgedDaysRequest): Promise<number>;
  /** The projects of a page that have records older than they keep, and where to go on, if there are more. */
  listAgedProjects(request: AgedProjectsRequest): Promise<AgedProjects>;
  /** Deletes what a project has that is older than it keeps, as much as one run may. Doing it again changes nothing. */
  deleteAged(request: RetentionInput & { readonly retained: Retained }): Promise<RetentionResult>;
}
