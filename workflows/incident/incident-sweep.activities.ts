import { WorkflowExecutionAlreadyStartedError, type WorkflowIdReusePolicy } from '@temporalio/client';
import type { RuleStateStore } from '../../libs/core/src/alerting/rule-state-store.port';
import { everyItem } from '../../libs/core/src/common/every-item';
import type { Incident } from '../../libs/core/src/incidents/incident';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import type { ProjectStore } from '../../libs/core/src/projects/project-store.port';
import type { Logger } from '../../libs/observability/src/app-logger';
import { ToldProblems } from '../../libs/observability/src/told-problems';
import { asActivities } from '../shared/activity-failure';
import { eachShardProject } from '../shared/each-project';
import { heartbeatWhile } from '../shared/heartbeat-while';
import { startWithAttributes } from '../shared/start-with-attributes';
import {
  resumeInvestigations,
  type ResumeInvestigationsDependencies,
} from '../investigation/resume-investigations';
import { INCIDENT_WORKFLOW, type IncidentHandover } from './incident.contract';
import type { IncidentMetrics } from './incident-metrics';
import type {
  IncidentSweepActivities,
  IncidentSweepResult,
  ShardIncidentsRequest,
} from './incident-sweep.contract';
import { incidentStart } from './incident-start';

export interface IncidentSweepDependencies extends ResumeInvestigationsDependencies {
  readonly projects: ProjectStore;
  readonly states: RuleStateStore;
  readonly incidentStore: IncidentStore;
  readonly handover: IncidentHandover;
  readonly logger: Logger;
  readonly counters: IncidentMetrics;
}

const PROJECTS_AT_ONCE = 2;
/** A transition is handed over within seconds; one that is younger may be on its way. */
const ON_ITS_WAY_MS = 2 * 60_000;
/** Of a project and a run. The next run takes the rest. */
const TRANSITIONS_MAX = 500;
const INCIDENTS_PER_PAGE = 100;
/** Temporal keeps what has ended for a day at least: a workflow of that time which it does not know is lost. */
const KNOWN_TO_TEMPORAL_MS = 24 * 60 * 60_000;

export function createIncidentSweepActivities(deps: IncidentSweepDependencies): IncidentSweepActivities {
  const told = new ToldProblems();
  return asActivities({
    resumeShardIncidents: (request: ShardIncidentsRequest) =>
      heartbeatWhile((signal) => resumeShardIncidents(deps, told, request, signal)),
  });
}

async function resumeShardIncidents(
  deps: IncidentSweepDependencies,
  told: ToldProblems,
  { shard, shards, scheduledAtMs }: ShardIncidentsRequest,
  signal: AbortSignal,
): Promise<IncidentSweepResult> {
  let [delivered, resumed] = [0, 0];
  const visit = {
    shard,
    shards,
    atOnce: PROJECTS_AT_ONCE,
    failure: 'incidents of a project are not looked through, a later run tries again',
  };
  const visited = await eachShardProject(deps, told, visit, signal, async (scope) => {
    const deliveredHere = await deliverAll(deps, scope, scheduledAtMs - ON_ITS_WAY_MS, signal);
    const incidents = await resumeAll(deps, scope, scheduledAtMs - KNOWN_TO_TEMPORAL_MS, signal);
    const investigations = await resumeInvestigations(deps, scope, signal);
    deps.counters.resumed.inc({ what: 'investigation' }, investigations);
    const resumedHere = incidents + investigations;
    if (deliveredHere + resumedHere === 0) return;
    delivered += deliveredHere;
    resumed += resumedHere;
    deps.logger.warn(
      { project_id: scope.projectId, delivered: deliveredHere, resumed: resumedHere },
      'incidents that Temporal had lost go on',
    );
  });
  return { ...visited, delivered, resumed };
}

/** One that fails is left to the next run, and holds up no other. Errors: the first of them, when all were tried. */
async function deliverAll(
  { states, handover, counters }: IncidentSweepDependencies,
  scope: ProjectScope,
  throughMs: number,
  signal: AbortSignal,
): Promise<number> {
  const failures: unknown[] = [];
  const transitions = await states.undelivered(scope, throughMs, TRANSITIONS_MAX);
  for (const transition of transitions) {
    signal.throwIfAborted();
    try {
      await handover.deliverTransition(transition);
      counters.resumed.inc({ what: 'transition' });
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return transitions.length;
}

async function resumeAll(
  deps: IncidentSweepDependencies,
  scope: ProjectScope,
  resolvedSinceMs: number,
  signal: AbortSignal,
): Promise<number> {
  const unresolved = everyItem(INCIDENTS_PER_PAGE, (page) =>
    deps.incidentStore.list(scope, { statuses: ['open', 'acknowledged'] }, page),
  );
  const endUntold = everyItem(INCIDENTS_PER_PAGE, (page) =>
    deps.incidentStore.listEndUntold(scope, resolvedSinceMs, page),
  );
  let resumed = 0;
  for await (const incident of unresolved) {
    signal.throwIfAborted();
    if (await resume(deps, incident, 'ALLOW_DUPLICATE')) resumed += 1;
  }
  for await (const incident of endUntold) {
    signal.throwIfAborted();
    // One that has come to its end has told whom it could; whoever ended it in Temporal wants no more.
    if (await resume(deps, incident, 'REJECT_DUPLICATE')) resumed += 1;
  }
  return resumed;
}

/** Whether its workflow was not running. */
async function resume(
  { client, taskQueue, counters }: IncidentSweepDependencies,
  incident: Incident,
  workflowIdReusePolicy: WorkflowIdReusePolicy,
): Promise<boolean> {
  const { subject, workflowId, input } = incidentStart(incident);
  try {
    await startWithAttributes(subject, (typedSearchAttributes) =>
      client.workflow.start(INCIDENT_WORKFLOW, {
        workflowId,
        workflowIdReusePolicy,
        taskQueue,
        args: [input],
        typedSearchAttributes,
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
  counters.resumed.inc({ what: 'incident' });
  return true;
}
