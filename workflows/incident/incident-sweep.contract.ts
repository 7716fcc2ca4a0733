export interface IncidentSweepInput {
  readonly shard: number;
  readonly shards: number;
}

export interface ShardIncidentsRequest extends IncidentSweepInput {
  readonly scheduledAtMs: number;
}

export interface IncidentSweepResult {
  readonly projects: number;
  readonly failedProjects: number;
  /** Transitions that had reached no incident. */
  readonly delivered: number;
  /** Incidents whose workflow was not running, and investigations that Temporal did not know. */
  readonly resumed: number;
}

export interface IncidentSweepActivities {
  /** Takes up again what Temporal has lost of every project of a shard. */
  resumeShardIncidents(request: ShardIncidentsRequest): Promise<IncidentSweepResult>;
}
