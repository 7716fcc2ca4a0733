import type { Client } from '@temporalio/client';
import { everyItem } from '../../libs/core/src/common/every-item';
import type { Investigation } from '../../libs/core/src/investigation/investigation';
import type { InvestigationStore } from '../../libs/core/src/investigation/investigation-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { startInvestigation, statusOfInvestigation } from './investigation-start';
import type { InvestigationActivities } from './investigation.contract';

export interface ResumeInvestigationsDependencies {
  readonly investigationStore: InvestigationStore;
  readonly closing: Pick<InvestigationActivities, 'closeInvestigation'>;
  readonly client: Client;
  readonly taskQueue: string;
}

const INVESTIGATIONS_PER_PAGE = 100;

/**
 * Begins anew what Temporal has lost of a project's investigations; its evidence has the same ids again. One that somebody
 * has terminated ends as failed: he wanted no other. How many were lost.
 */
export async function resumeInvestigations(
  deps: ResumeInvestigationsDependencies,
  scope: ProjectScope,
  signal: AbortSignal,
): Promise<number> {
  const { investigationStore } = deps;
  const running = everyItem(INVESTIGATIONS_PER_PAGE, (page) => investigationStore.listRunning(scope, page));
  let resumed = 0;
  for await (const investigation of running) {
    signal.throwIfAborted();
    if (await resume(deps, scope, investigation)) resumed += 1;
  }
  return resumed;
}

async function resume(
  { investigationStore, closing, client, taskQueue }: ResumeInvestigationsDependencies,
  scope: ProjectScope,
  { id: investigationId, projectId, incidentId, requestedBy }: Investigation,
): Promise<boolean> {
  const status = await statusOfInvestigation(client, projectId, investigationId);
  if (status === 'RUNNING') return false;
  // A workflow stores its result before it ends, so this is what it was until the end.
  const investigation = await investigationStore.find(scope, investigationId);
  if (investigation?.status !== 'running') return false;
  const input = { projectId, incidentId, investigationId, requestedBy };
  if (status === undefined) {
    await startInvestigation(client, taskQueue, input);
    return true;
  }
  const how = status.toLowerCase().replaceAll('_', ' ');
  const reason = `its workflow ended in Temporal without a result (${how}); ask for another investigation`;
  await closing.closeInvestigation(input, 'failed', reason);
  return false;
}
