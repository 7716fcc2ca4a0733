/** The task queue of all workflows, and of activities that wait for OpsPilot's own engines. Served by the workflow-worker role. */
export const TASK_QUEUE = 'opspilot';

// Activities that wait for somebody else's server have queues of their own, beside that of the workflow that asks: a receiver that says
// nothing, or a model, would else hold all places of the workers for as long as it likes, and no rule would be evaluated meanwhile.

export function deliveryQueueOf(taskQueue: string): string {
  return `${taskQueue}-deliveries`;
}

export function modelQueueOf(taskQueue: string): string {
  return `${taskQueue}-model`;
}
