export interface ServiceEdgeSweepInput {
  readonly shard: number;
  readonly shards: number;
}

export interface ShardEdgesRequest extends ServiceEdgeSweepInput {
  readonly scheduledAtMs: number;
  /** Where the run before ended, unless there was none or it failed. */
  readonly derivedToMs?: number;
}

export interface ServiceEdgeSweepResult {
  readonly projects: number;
  readonly failedProjects: number;
  /** The next run goes on from here. */
  readonly derivedToMs: number;
}

export interface ServiceEdgeActivities {
  /** Derives the edges of the last minutes for every project of a shard. */
  deriveShardEdges(request: ShardEdgesRequest): Promise<ServiceEdgeSweepResult>;
}
