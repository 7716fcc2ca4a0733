/** The task queue of all workflows, and of activities that wait for OpsPilot's own engines. Served by the workflow-worker role. */
export const TASK_QUEUE = 'opspilot';

// What may be waited for in vain has queues of its own, beside that of the workflow that asks: a receiver that says nothing, a model, or a
// log store that many incidents ask at once would else hold all places of the workers for as long as it likes. No rule would be evaluated
// meanwhile, and nobody could acknowledge an incident.

export function deliveryQueueOf(taskQueue: string): string {
  return `${taskQueue}-deliveries`;
}

export function gatherQueueOf(taskQueue: string): string {
  return `${taskQueue}-gathering`;
}

export function modelQueueOf(taskQueue: string): string {
  return `${taskQueue}-model`;
}
