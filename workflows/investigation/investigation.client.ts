import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Clock } from '../../libs/core/src/common/clock';
import { OpsError } from '../../libs/core/src/common/errors';
import { asId, type IncidentId, type InvestigationId } from '../../libs/core/src/common/ids';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import { InvestigationStarter } from '../../libs/core/src/investigation/investigation-starter.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { startWithAttributes } from '../shared/start-with-attributes';
import { investigationWorkflowId } from '../shared/workflow-ids';
import { workflowUnavailable } from '../shared/workflow-unavailable';
import { INVESTIGATION_WORKFLOW, type InvestigationInput } from './investigation.contract';

export interface InvestigationClientOptions {
  readonly client: Client;
  readonly incidentStore: IncidentStore;
  readonly clock: Clock;
  readonly taskQueue: string;
  /** Longest wait for Temporal to take it. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 5000;

/** Starts investigations that people ask for, besides the one that each incident gets by itself. */
export class TemporalInvestigationStarter extends InvestigationStarter {
  constructor(private readonly options: InvestigationClientOptions) {
    super();
  }

  async start(project: ProjectScope, incidentId: IncidentId, requestedBy: string): Promise<InvestigationId> {
    const { client, incidentStore, clock, taskQueue, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    const { projectId } = project;
    if ((await incidentStore.find(project, incidentId)) === undefined) {
      throw new OpsError('not_found', 'OPS_INCIDENT_NOT_FOUND', 'the incident does not exist');
    }
    const investigationId = asId<InvestigationId>(randomUUID());
    const input: InvestigationInput = { projectId, incidentId, investigationId, requestedBy };
    try {
      await client.withDeadline(clock.now() + timeoutMs, () =>
        startWithAttributes({ projectId, incidentId }, (typedSearchAttributes) =>
          client.workflow.start(INVESTIGATION_WORKFLOW, {
            workflowId: investigationWorkflowId(projectId, investigationId),
            taskQueue,
            args: [input],
            typedSearchAttributes,
          }),
        ),
      );
    } catch (cause) {
      throw workflowUnavailable('the investigation could not be started', cause);
    }
    return investigationId;
  }
}
