import type { ProjectId } from '../../libs/core/src/common/ids';

export interface AnomalyDetectionInput {
  readonly shard: number;
  readonly shards: number;
  /** Set where the run continues as new: the instant that it stands for, where to go on, and what it has done so far. */
  readonly scheduledAtMs?: number;
  readonly after?: ProjectId;
  readonly soFar?: AnomalyDetectionResult;
}

export interface AnomalyDetectionResult {
  readonly judged: number;
  readonly failed: number;
}

export interface ProjectDetectionRequest {
  readonly projectId: ProjectId;
  readonly scheduledAtMs: number;
}

/** What was done about one project. */
export interface ProjectDetection {
  /** Name and version of the algorithm. */
  readonly method: string;
  /** Series brought up to the scheduled instant, log patterns among them, by this attempt. */
  readonly series: number;
  /** Of these, how many began anew, from their history. */
  readonly begun: number;
  /** Series that have too little history to be judged yet. */
  readonly learning: number;
  /** Series that begin anew in a later run, because many do. */
  readonly waiting: number;
  readonly anomalies: number;
}

export interface AnomalyDetectionActivities {
  /** Judges what the series of a project have new up to the scheduled instant. Doing it again changes nothing. */
  detectAnomalies(request: ProjectDetectionRequest): Promise<ProjectDetection>;
}
