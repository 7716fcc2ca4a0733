import { type Client, type WorkflowExecutionStatusName, WorkflowNotFoundError } from '@temporalio/client';
import type { InvestigationId, ProjectId } from '../../libs/core/src/common/ids';
import { startWithAttributes } from '../shared/start-with-attributes';
import { investigationWorkflowId } from '../shared/workflow-ids';
import { INVESTIGATION_WORKFLOW, type InvestigationInput } from './investigation.contract';

/** Starts it, but for one that runs or has come to its end. Errors: WorkflowExecutionAlreadyStartedError where it has. */
export async function startInvestigation(
  client: Client,
  taskQueue: string,
  input: InvestigationInput,
): Promise<void> {
  const { projectId, incidentId, investigationId } = input;
  await startWithAttributes({ projectId, incidentId }, (typedSearchAttributes) =>
    client.workflow.start(INVESTIGATION_WORKFLOW, {
      workflowId: investigationWorkflowId(projectId, investigationId),
      taskQueue,
      args: [input],
      typedSearchAttributes,
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    }),
  );
}

/** Undefined where Temporal does not know it. What is stored says `running` also where somebody has terminated it. */
export async function statusOfInvestigation(
  client: Client,
  projectId: ProjectId,
  id: InvestigationId,
): Promise<WorkflowExecutionStatusName | undefined> {
  try {
    const { status } = await client.workflow.getHandle(investigationWorkflowId(projectId, id)).describe();
    return status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
