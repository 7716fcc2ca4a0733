import { ParentClosePolicy, startChild, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import {
  type SearchAttributePair,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import type { Severity } from '../../libs/core/src/alerting/rule';
import { asId, type IncidentId, type InvestigationId, type ProjectId } from '../../libs/core/src/common/ids';
import { uuidOfName } from '../../libs/core/src/common/name-uuid';
import { investigation } from '../investigation/investigation.workflow';
import type { NotificationInput } from '../notification/notification.contract';
import { notification } from '../notification/notification.workflow';
import { SEARCH_ATTRIBUTE_KEYS, searchAttributesOf } from '../shared/search-attributes';
import { investigationWorkflowId, notificationWorkflowId } from '../shared/workflow-ids';

/**
 * Abandoned when the incident ends or continues as new: a delivery under way, or a report half written, is finished all
 * the same. Never started twice, because what was sent once must not be sent again.
 */
function childOptions(workflowId: string) {
  return {
    workflowId,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    typedSearchAttributes: ownSearchAttributes(),
  };
}

/** What this workflow was started with; nothing where the server does not know our search attributes. */
function ownSearchAttributes(): SearchAttributePair[] {
  const { typedSearchAttributes } = workflowInfo();
  return SEARCH_ATTRIBUTE_KEYS.flatMap((key) => {
    const value = typedSearchAttributes.get(key);
    return value === undefined ? [] : [{ key, value }];
  });
}

/** Lets people filter by the severity that the incident has reached. */
export function showSeverity(projectId: ProjectId, severity: Severity): void {
  if (ownSearchAttributes().length > 0) upsertSearchAttributes(searchAttributesOf({ projectId, severity }));
}

/** Settles when the child has ended, well or not: the child records its own failure. */
type ChildEnd = Promise<'finished' | 'failed'>;

async function startOnce(
  start: () => Promise<{ result(): Promise<unknown> }>,
): Promise<{ readonly end: ChildEnd }> {
  try {
    const child = await start();
    const end = child.result().then(
      () => 'finished' as const,
      () => 'failed' as const,
    );
    return { end };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { end: Promise.resolve('finished') };
    throw error;
  }
}

export function startNotification(input: NotificationInput): Promise<{ readonly end: ChildEnd }> {
  return startOnce(() =>
    startChild(notification, {
      ...childOptions(notificationWorkflowId(input.incidentId, input.sequence)),
      args: [input],
    }),
  );
}

/** The investigation that every incident gets; people can ask for more. */
export function startInvestigation(input: {
  readonly projectId: ProjectId;
  readonly incidentId: IncidentId;
}): Promise<{ readonly end: ChildEnd }> {
  const { projectId, incidentId } = input;
  const investigationId = asId<InvestigationId>(uuidOfName(`investigation:${incidentId}:first`));
  return startOnce(() =>
    startChild(investigation, {
      ...childOptions(investigationWorkflowId(projectId, investigationId)),
      args: [{ projectId, incidentId, investigationId, requestedBy: 'opspilot' }],
    }),
  );
}
