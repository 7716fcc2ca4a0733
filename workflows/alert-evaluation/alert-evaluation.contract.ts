import type { IntervalSeconds } from '../../libs/core/src/alerting/rule';
import type { Transition } from '../../libs/core/src/alerting/rule-state';

/** What a Schedule passes to each run of its shard. */
export interface AlertEvaluationInput {
  readonly intervalSeconds: IntervalSeconds;
  readonly shard: number;
  readonly shards: number;
}

export interface ShardEvaluationRequest extends AlertEvaluationInput {
  /** The instant that this tick stands for: a multiple of the interval. */
  readonly scheduledAtMs: number;
}

export interface ShardEvaluation {
  readonly scheduledAtMs: number;
  /** Projects of the shard that have rules of this interval. */
  readonly projects: number;
  /** Of these, how many could not be evaluated now. They are made up for by the next tick. */
  readonly failedProjects: number;
  /** Rules judged, counted once for each instant. */
  readonly evaluations: number;
  readonly transitions: number;
  /** The first few of them, for a person who looks at the workflow. */
  readonly firstTransitions: readonly Transition[];
}

export interface AlertEvaluationActivities {
  /** Judges all rules of a shard's projects that are due, saves their states, and sees to it that every transition is handed over. */
  evaluateShard(request: ShardEvaluationRequest): Promise<ShardEvaluation>;
}
