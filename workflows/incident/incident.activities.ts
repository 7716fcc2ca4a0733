import type { Client } from '@temporalio/client';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import { OpsError } from '../../libs/core/src/common/errors';
import { asId, type IncidentId, type ProjectId } from '../../libs/core/src/common/ids';
import { uuidOfName } from '../../libs/core/src/common/name-uuid';
import type { Incident } from '../../libs/core/src/incidents/incident';
import { areAlertsOver, resumeIncidentProgress } from '../../libs/core/src/incidents/incident-progress';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { NewTimelineEvent } from '../../libs/core/src/incidents/timeline-event';
import type { ChannelStore } from '../../libs/core/src/notify/channel-store.port';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { enabledChannels } from '../notification/enabled-channels';
import { asActivities } from '../shared/activity-failure';
import { startWithAttributes } from '../shared/start-with-attributes';
import {
  ALERT_TRANSITION_SIGNAL,
  type AppendCondition,
  type AppendOutcome,
  INCIDENT_WORKFLOW,
  type IncidentActivities,
  type IncidentHandover,
} from './incident.contract';
import { findIncident, orNoSuchIncident } from './find-incident';
import { incidentStart } from './incident-start';
import type { IncidentMetrics } from './incident-metrics';
import { readTimeline } from './read-timeline';

/** An activity that Temporal has given up would go on for as long as a connection hangs, in the place of another one. */
const SIGNAL_TIMEOUT_MS = 10_000;

export interface IncidentActivityDependencies {
  readonly incidentStore: IncidentStore;
  readonly channelStore: ChannelStore;
  readonly client: Client;
  readonly taskQueue: string;
  readonly autoResolveSeconds: number;
  readonly counters: IncidentMetrics;
}

export function createIncidentActivities(
  deps: IncidentActivityDependencies,
): IncidentHandover & IncidentActivities {
  return asActivities({
    async deliverTransition(transition: Transition) {
      const incident =
        transition.kind === 'fired'
          ? await openOrJoin(deps, transition)
          : await incidentOfEpisode(deps.incidentStore, transition);
      await signalIncident(deps, incident, transition);
    },

    async loadIncidentState(projectId: ProjectId, incidentId: IncidentId) {
      const scope = scopeOfProject(projectId);
      const incident = await findIncident(deps.incidentStore, scope, incidentId);
      const timeline = await readTimeline(deps.incidentStore, scope, incidentId);
      const channels = await enabledChannels(deps.channelStore, scope);
      return {
        progress: resumeIncidentProgress(incident, timeline, channels),
        autoResolveSeconds: deps.autoResolveSeconds,
      };
    },

    async appendToTimeline(
      projectId: ProjectId,
      incidentId: IncidentId,
      events: readonly NewTimelineEvent[],
      condition?: AppendCondition,
    ) {
      let outcome: AppendOutcome = 'appended';
      const mayAppend = (incident: Incident) => {
        if (condition === 'all_alerts_over' && !areAlertsOver(incident)) outcome = 'refused';
        return outcome === 'appended';
      };
      const scope = scopeOfProject(projectId);
      orNoSuchIncident(await deps.incidentStore.append(scope, incidentId, events, mayAppend));
      return outcome;
    },
  });
}

async function openOrJoin(
  { incidentStore, counters }: IncidentActivityDependencies,
  transition: Transition,
): Promise<Incident> {
  const { projectId, episodeId } = transition;
  const id = asId<IncidentId>(uuidOfName(`incident:${projectId}:${episodeId}`));
  const { outcome, incident } = await incidentStore.openOrJoin(scopeOfProject(projectId), transition, id);
  counters.fired.inc({ outcome });
  return incident;
}

async function incidentOfEpisode(store: IncidentStore, transition: Transition): Promise<Incident> {
  const incident = await store.findByEpisode(scopeOfProject(transition.projectId), transition.episodeId);
  if (incident !== undefined) return incident;
  // Of a kind that is retried: the alert's firing may still be on its way.
  throw new OpsError('unavailable', 'OPS_INCIDENT_NOT_FOUND', 'no incident holds this alert episode yet');
}

async function signalIncident(
  deps: IncidentActivityDependencies,
  incident: Incident,
  transition: Transition,
): Promise<void> {
  const { subject, workflowId, input } = incidentStart(incident);
  await deps.client.withDeadline(Date.now() + SIGNAL_TIMEOUT_MS, () =>
    startWithAttributes(subject, (typedSearchAttributes) =>
      deps.client.workflow.signalWithStart(INCIDENT_WORKFLOW, {
        workflowId,
        taskQueue: deps.taskQueue,
        args: [input],
        signal: ALERT_TRANSITION_SIGNAL,
        signalArgs: [transition],
        typedSearchAttributes,
      }),
    ),
  );
}
