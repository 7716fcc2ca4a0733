import type { Transition } from '../../libs/core/src/alerting/rule-state';

/**
 * What the alert evaluation expects of incidents. An activity on the common task queue (workflows/shared/task-queue.contract.ts),
 * called by the transitionHandover workflow until it succeeds.
 */
export interface IncidentHandover {
  /**
   * Brings a transition to its incident: opens or joins one, and signals its workflow. Safe to repeat. A `resolved` whose
   * `fired` has not arrived yet fails with a retryable error: the two travel by themselves and may overtake each other.
   */
  deliverTransition(transition: Transition): Promise<void>;
}
