import { randomUUID } from 'node:crypto';
import {
  type Client,
  isGrpcServiceError,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Clock } from '../../libs/core/src/common/clock';
import { OpsError } from '../../libs/core/src/common/errors';
import { asId, type IncidentId, type TimelineEventId } from '../../libs/core/src/common/ids';
import type { Incident } from '../../libs/core/src/incidents/incident';
import { IncidentCommands } from '../../libs/core/src/incidents/incident-commands.port';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { Actor } from '../../libs/core/src/incidents/timeline-event';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { startWithAttributes } from '../shared/start-with-attributes';
import { workflowUnavailable } from '../shared/workflow-unavailable';
import {
  ACKNOWLEDGE_UPDATE,
  type AcknowledgeCommand,
  COMMENT_UPDATE,
  type CommentCommand,
  INCIDENT_CLOSED,
  INCIDENT_WORKFLOW,
  RESOLVE_UPDATE,
} from './incident.contract';
import { findIncident } from './find-incident';
import { incidentStart } from './incident-start';

export interface IncidentClientOptions {
  readonly client: Client;
  readonly incidentStore: IncidentStore;
  readonly clock: Clock;
  readonly taskQueue: string;
  /** Longest wait for the workflow to carry out a command. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const GRPC_NOT_FOUND = 5;
const ATTEMPTS = 2;

/**
 * Sends commands to the incident's workflow, starting it anew where it is lost. A comment on a resolved incident needs no
 * workflow, because nobody can race it: it is appended at once.
 */
export class TemporalIncidentCommands extends IncidentCommands {
  constructor(private readonly options: IncidentClientOptions) {
    super();
  }

  async acknowledge(scope: ProjectScope, id: IncidentId, actor: Actor, comment?: string): Promise<Incident> {
    const incident = await this.findOpen(scope, id);
    return this.command(scope, incident, ACKNOWLEDGE_UPDATE, withComment(actor, comment));
  }

  async resolve(scope: ProjectScope, id: IncidentId, actor: Actor, comment?: string): Promise<Incident> {
    const incident = await this.findOpen(scope, id);
    return this.command(scope, incident, RESOLVE_UPDATE, withComment(actor, comment));
  }

  async comment(scope: ProjectScope, id: IncidentId, actor: Actor, text: string): Promise<Incident> {
    const incident = await this.find(scope, id);
    if (incident.status !== 'resolved') return this.command(scope, incident, COMMENT_UPDATE, { actor, text });
    const commented = await this.options.incidentStore.append(scope, id, [
      {
        id: asId<TimelineEventId>(randomUUID()),
        atMs: this.options.clock.now(),
        actor,
        body: { kind: 'commented', text },
      },
    ]);
    return commented ?? this.find(scope, id);
  }

  private async command(
    scope: ProjectScope,
    incident: Incident,
    update: string,
    command: AcknowledgeCommand | CommentCommand,
  ): Promise<Incident> {
    const updateId = randomUUID();
    for (let attempt = 1; ; attempt++) {
      try {
        await this.execute(incident, update, command, updateId);
        return await this.find(scope, incident.id);
      } catch (error) {
        // The workflow ended while the command was on its way: the next run takes it, or refuses it as it should.
        if (attempt < ATTEMPTS && isWorkflowGone(error)) continue;
        throw toOpsError(error);
      }
    }
  }

  private async execute(
    incident: Incident,
    update: string,
    command: AcknowledgeCommand | CommentCommand,
    updateId: string,
  ): Promise<void> {
    const { client, clock, taskQueue, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    const { subject, workflowId, input } = incidentStart(incident);
    await client.withDeadline(clock.now() + timeoutMs, () =>
      startWithAttributes(subject, (typedSearchAttributes) =>
        client.workflow.executeUpdateWithStart(update, {
          updateId,
          args: [command],
          startWorkflowOperation: new WithStartWorkflowOperation(INCIDENT_WORKFLOW, {
            workflowId,
            taskQueue,
            args: [input],
            typedSearchAttributes,
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        }),
      ),
    );
  }

  private async findOpen(scope: ProjectScope, id: IncidentId): Promise<Incident> {
    const incident = await this.find(scope, id);
    if (incident.status === 'resolved') throw closed();
    return incident;
  }

  private find(scope: ProjectScope, id: IncidentId): Promise<Incident> {
    return findIncident(this.options.incidentStore, scope, id);
  }
}

function withComment(actor: Actor, comment: string | undefined): AcknowledgeCommand {
  return { actor, ...(comment === undefined ? {} : { comment }) };
}

function closed(cause?: unknown): OpsError {
  return new OpsError('conflict', 'OPS_INCIDENT_CLOSED', 'the incident is resolved', { cause });
}

function failureOf(error: unknown): ApplicationFailure | undefined {
  const isFailedUpdate = error instanceof WorkflowUpdateFailedError;
  return isFailedUpdate && error.cause instanceof ApplicationFailure ? error.cause : undefined;
}

/** Set by the server where a workflow ended with an accepted update still unanswered. */
const COMPLETED_WITHOUT_ANSWER = 'AcceptedUpdateCompletedWorkflow';

function isWorkflowGone(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  const isMissing = isGrpcServiceError(cause) && cause.code === GRPC_NOT_FOUND;
  return isMissing || failureOf(error)?.type === COMPLETED_WITHOUT_ANSWER;
}

function toOpsError(error: unknown): OpsError {
  if (error instanceof OpsError) return error;
  if (failureOf(error)?.type === INCIDENT_CLOSED) return closed(error);
  if (error instanceof WorkflowUpdateFailedError) {
    return new OpsError('internal', 'OPS_INTERNAL', 'the incident could not carry out the command', {
      cause: error,
    });
  }
  return workflowUnavailable('the incident does not answer in time', error);
}
