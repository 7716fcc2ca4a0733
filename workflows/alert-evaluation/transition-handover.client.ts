import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { labelsText } from '../../libs/core/src/alerting/labels-text';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import { TransitionHandover } from '../../libs/core/src/alerting/transition-handover.port';
import { uuidOfName } from '../../libs/core/src/common/name-uuid';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { startWithAttributes } from '../shared/start-with-attributes';
import { TASK_QUEUE } from '../shared/task-queue.contract';
import { transitionHandoverId } from '../shared/workflow-ids';
import { workflowUnavailable } from '../shared/workflow-unavailable';
import type { TransitionHandoverInput } from './transition-handover.contract';

/** Keeps one workflow's input and history small when a hundred alerts fire at once. */
const TRANSITIONS_PER_WORKFLOW = 100;
const START_TIMEOUT_MS = 10_000;

/** Starts the workflows that deliver transitions. */
export class TransitionHandoverStarter extends TransitionHandover {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string = TASK_QUEUE,
  ) {
    super();
  }

  override async deliver(scope: ProjectScope, transitions: readonly Transition[]): Promise<void> {
    for (let from = 0; from < transitions.length; from += TRANSITIONS_PER_WORKFLOW) {
      await this.startOne(scope, transitions.slice(from, from + TRANSITIONS_PER_WORKFLOW));
    }
  }

  private async startOne({ projectId }: ProjectScope, transitions: readonly Transition[]): Promise<void> {
    const [only, ...others] = transitions;
    const input: TransitionHandoverInput = { transitions };
    const subject = {
      projectId,
      ...(only !== undefined && others.length === 0 && { ruleId: only.ruleId, severity: only.severity }),
    };
    try {
      await this.client.withDeadline(Date.now() + START_TIMEOUT_MS, () =>
        startWithAttributes(subject, (typedSearchAttributes) =>
          this.client.workflow.start('transitionHandover', {
            workflowId: transitionHandoverId(projectId, contentId(transitions)),
            taskQueue: this.taskQueue,
            args: [input],
            workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
            typedSearchAttributes,
          }),
        ),
      );
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      throw workflowUnavailable('the alerts could not be handed over', error);
    }
  }
}

function contentId(transitions: readonly Transition[]): string {
  const identities = transitions.map(
    ({ ruleId, labels, episodeId, kind }) => `${ruleId}:${labelsText(labels)}:${episodeId}:${kind}`,
  );
  return uuidOfName(`handover:${identities.join('\n')}`);
}
