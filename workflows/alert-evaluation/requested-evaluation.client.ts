import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import type { EvaluationOrigin } from '../../libs/core/src/alerting/evaluation-request';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { startWithAttributes } from '../shared/start-with-attributes';
import { TASK_QUEUE } from '../shared/task-queue.contract';
import { requestedEvaluationId } from '../shared/workflow-ids';
import { workflowUnavailable } from '../shared/workflow-unavailable';
import type { RequestedEvaluationInput } from './requested-evaluation.contract';

const START_TIMEOUT_MS = 10_000;

/** Starts the workflows that evaluate a project's rules without waiting for the schedule. */
export class RequestedEvaluationStarter {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string = TASK_QUEUE,
  ) {}

  /**
   * False where that instant of the project was asked for before, which is harmless.
   * Errors: OpsError `unavailable` where Temporal does not answer.
   */
  async start({ projectId }: ProjectScope, evaluateAtMs: number, origin: EvaluationOrigin): Promise<boolean> {
    const input: RequestedEvaluationInput = { projectId, origin, evaluateAtMs };
    try {
      await this.client.withDeadline(Date.now() + START_TIMEOUT_MS, () =>
        startWithAttributes({ projectId }, (typedSearchAttributes) =>
          this.client.workflow.start('requestedEvaluation', {
            workflowId: requestedEvaluationId(projectId, evaluateAtMs),
            taskQueue: this.taskQueue,
            args: [input],
            workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
            typedSearchAttributes,
          }),
        ),
      );
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw workflowUnavailable('the evaluation could not be started', error);
    }
  }
}
