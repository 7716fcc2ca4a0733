import type { ProjectId } from '../../libs/core/src/common/ids';

export interface LogClusteringInput {
  readonly shard: number;
  readonly shards: number;
  /** Length of the window that is compared with the time before it. */
  readonly windowMs: number;
  /** Set where the run continues as new: the instant that it stands for, where to go on, and what it has done so far. */
  readonly scheduledAtMs?: number;
  readonly after?: ProjectId;
  readonly soFar?: LogClusteringResult;
}

export interface LogClusteringResult {
  readonly clustered: number;
  readonly failed: number;
}

export interface ProjectClusteringRequest {
  readonly projectId: ProjectId;
  readonly scheduledAtMs: number;
  readonly windowMs: number;
}

/** What was found out about one project. */
export interface ProjectClustering {
  /** `done` by an earlier attempt or another run; `unchanged` where the project has never had a record. */
  readonly outcome: 'advanced' | 'done' | 'unchanged';
  readonly algorithm?: string;
  readonly version?: number;
  readonly fingerprints?: number;
  readonly patterns?: number;
  /** Whether the catalogue is younger than the time that is compared with, so that no changes can be told. */
  readonly isColdStart?: boolean;
  readonly newPatterns?: number;
  readonly gonePatterns?: number;
  readonly surgingPatterns?: number;
}

export interface LogClusteringActivities {
  /** Brings the pattern catalogue of a project up to the scheduled instant. Doing it again changes nothing. */
  clusterProject(request: ProjectClusteringRequest): Promise<ProjectClustering>;
}
