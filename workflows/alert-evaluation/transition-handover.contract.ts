import type { Transition } from '../../libs/core/src/alerting/rule-state';

/** Transitions of one project that one evaluation decided, in order of time. */
export interface TransitionHandoverInput {
  readonly transitions: readonly Transition[];
}
