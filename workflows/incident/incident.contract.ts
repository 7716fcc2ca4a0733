import type { Transition } from '../../libs/core/src/alerting/rule-state';
import type { IncidentId, ProjectId } from '../../libs/core/src/common/ids';
import type { IncidentProgress } from '../../libs/core/src/incidents/incident-progress';
import type { Actor, NewTimelineEvent } from '../../libs/core/src/incidents/timeline-event';

/**
 * What the alert evaluation expects of incidents. An activity on the task queue of all workflows (workflows/shared/task-queue.contract.ts),
 * called by the transitionHandover workflow until it succeeds.
 */
export interface IncidentHandover {
  /**
   * Brings a transition to its incident: opens or joins one, and signals its workflow. Safe to repeat. A `resolved` whose
   * `fired` has not arrived yet fails with a retryable error: the two travel by themselves and may overtake each other.
   */
  deliverTransition(transition: Transition): Promise<void>;
}

export interface IncidentInput {
  readonly projectId: ProjectId;
  readonly incidentId: IncidentId;
  /** What the run before this one remembered; only where the workflow continues as new. */
  readonly carried?: IncidentState;
}

export interface IncidentState {
  readonly progress: IncidentProgress;
  readonly autoResolveSeconds: number;
}

export interface AcknowledgeCommand {
  readonly actor: Actor;
  readonly comment?: string;
}

export type ResolveCommand = AcknowledgeCommand;

export interface CommentCommand {
  readonly actor: Actor;
  readonly text: string;
}

/** `unchanged` where somebody has done it before: no event was added. */
export type CommandOutcome = 'done' | 'unchanged';

export const INCIDENT_WORKFLOW = 'incident';
export const ALERT_TRANSITION_SIGNAL = 'alertTransition';
export const ACKNOWLEDGE_UPDATE = 'acknowledge';
export const COMMENT_UPDATE = 'comment';
export const RESOLVE_UPDATE = 'resolve';
export const INCIDENT_STATE_QUERY = 'state';
/** `type` of the failure by which a command on a resolved incident is refused. */
export const INCIDENT_CLOSED = 'OPS_INCIDENT_CLOSED';

export type AppendCondition = 'all_alerts_over';
/** Undefined in histories of before there were conditions. */
export type AppendOutcome = 'appended' | 'refused';

export interface IncidentActivities {
  /** Reads what the workflow has to know. Fails for good where the project has no such incident. */
  loadIncidentState(projectId: ProjectId, incidentId: IncidentId): Promise<IncidentState>;
  /**
   * Adds to the timeline. An event whose id is there already is skipped. On a `condition` that does not hold, nothing is
   * added: an alert joins before the workflow hears of it, so only what is stored tells whether all are over.
   */
  appendToTimeline(
    projectId: ProjectId,
    incidentId: IncidentId,
    events: readonly NewTimelineEvent[],
    condition?: AppendCondition,
  ): Promise<AppendOutcome | undefined>;
}
