/** The one task queue: all workflows and activities of OpsPilot are served by the workflow-worker role. */
export const TASK_QUEUE = 'opspilot';
