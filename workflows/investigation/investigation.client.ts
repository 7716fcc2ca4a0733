import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Clock } from '../../libs/core/src/common/clock';
import type { SharedClock } from '../../libs/core/src/common/shared-clock.port';
import { asId, type IncidentId, type InvestigationId, type ProjectId } from '../../libs/core/src/common/ids';
import { uuidOfName } from '../../libs/core/src/common/name-uuid';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import { InvestigationStarter } from '../../libs/core/src/investigation/investigation-starter.port';
import type { InvestigationStore } from '../../libs/core/src/investigation/investigation-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { findIncident } from '../incident/find-incident';
import { workflowUnavailable } from '../shared/workflow-unavailable';
import { startInvestigation, statusOfInvestigation } from './investigation-start';
import type { InvestigationInput } from './investigation.contract';

export interface InvestigationClientOptions {
  readonly client: Client;
  readonly incidentStore: IncidentStore;
  readonly investigationStore: InvestigationStore;
  readonly clock: Clock;
  readonly sharedClock: SharedClock;
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
    const { incidentStore, investigationStore, sharedClock } = this.options;
    await findIncident(incidentStore, project, incidentId);
    const { items } = await investigationStore.listByIncident(project, incidentId, { limit: 1 });
    const [newest] = items;
    const { projectId } = project;
    // All who ask before the next one is stored name the same.
    const name = `investigation:${incidentId}:after:${newest?.id ?? 'none'}`;
    const investigationId = asId<InvestigationId>(uuidOfName(name));
    try {
      if (newest?.status === 'running' && (await this.isRunning(projectId, newest.id))) return newest.id;
      await this.startOnce({ projectId, incidentId, investigationId, requestedBy });
    } catch (cause) {
      throw workflowUnavailable('the investigation could not be started', cause);
    }
    // Who is told the id can read it at once, whenever a worker comes to it, which finds it there. The newest is told by its start.
    const startedAtMs = Math.max(await sharedClock.now(), (newest?.startedAtMs ?? 0) + 1);
    await investigationStore.create(project, {
      id: investigationId,
      projectId,
      incidentId,
      status: 'running',
      requestedBy,
      startedAtMs,
    });
    return investigationId;
  }

  private async isRunning(projectId: ProjectId, id: InvestigationId): Promise<boolean> {
    const { client } = this.options;
    return (await this.inTime(() => statusOfInvestigation(client, projectId, id))) === 'RUNNING';
  }

  private async startOnce(input: InvestigationInput): Promise<void> {
    const { client, taskQueue } = this.options;
    try {
      await this.inTime(() => startInvestigation(client, taskQueue, input));
    } catch (error) {
      // It has ended since this one looked for the newest.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  private inTime<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { client, clock, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    return client.withDeadline(clock.now() + timeoutMs, ask);
  }
}
