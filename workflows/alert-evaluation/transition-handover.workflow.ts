import { proxyActivities } from '@temporalio/workflow';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import type { IncidentHandover } from '../incident/incident.contract';
import { HANDOVER_OPTIONS } from '../shared/activity-options';
import type { TransitionHandoverInput } from './transition-handover.contract';

const { deliverTransition } = proxyActivities<IncidentHandover>(HANDOVER_OPTIONS);

/**
 * Delivers each transition to its incident. Apart from the evaluation, so that a delivery that keeps failing delays no
 * evaluation; each alert episode by itself, so that it delays no other; and within an episode in order, because an alert
 * cannot resolve before it has fired. Errors: the failure of a delivery that was given up, when all others are done.
 */
export async function transitionHandover(input: TransitionHandoverInput): Promise<number> {
  const episodes = new Map<string, Transition[]>();
  for (const transition of input.transitions) {
    episodes.set(transition.episodeId, [...(episodes.get(transition.episodeId) ?? []), transition]);
  }
  const deliveries = await Promise.allSettled([...episodes.values()].map(deliverInOrder));
  for (const delivery of deliveries) if (delivery.status === 'rejected') throw delivery.reason;
  return input.transitions.length;
}

async function deliverInOrder(transitions: readonly Transition[]): Promise<void> {
  for (const transition of transitions) await deliverTransition(transition);
}
