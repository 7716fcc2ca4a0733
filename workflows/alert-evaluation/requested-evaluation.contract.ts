import type { EvaluationOrigin } from '../../libs/core/src/alerting/evaluation-request';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import type { ProjectId } from '../../libs/core/src/common/ids';

export interface RequestedEvaluationInput {
  readonly projectId: ProjectId;
  readonly origin: EvaluationOrigin;
  readonly evaluateAtMs: number;
}

export interface RequestedEvaluationResult {
  readonly evaluateAtMs: number;
  /** Rules judged, counted once for each instant; 0 where the schedule was quicker. */
  readonly evaluations: number;
  readonly transitions: number;
  /** The first few of them, for a person who looks at the workflow. */
  readonly firstTransitions: readonly Transition[];
}

export interface RequestedEvaluationActivities {
  /** Judges all rules of a project at the requested instant, after what the schedule has left undone before it. */
  evaluateRequested(input: RequestedEvaluationInput): Promise<RequestedEvaluationResult>;
}
