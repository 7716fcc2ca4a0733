import type { Transition } from '../alerting/rule-state';
import type { IncidentId } from '../common/ids';
import type { Page, PageRequest } from '../common/page';
import type { TimeRange } from '../common/time-range';
import type { ProjectScope } from '../projects/project-scope';
import type { GoOn } from '../projects/retention';
import type { Incident, IncidentStatus } from './incident';
import type { NewTimelineEvent, TimelineEvent } from './timeline-event';

export type OpenOutcome =
  | { readonly outcome: 'opened'; readonly incident: Incident }
  | { readonly outcome: 'joined'; readonly incident: Incident }
  /** This alert's episode is on an incident already: a retry, or an incident that a person has closed meanwhile. */
  | { readonly outcome: 'known'; readonly incident: Incident };

export interface IncidentFilter {
  readonly statuses?: readonly IncidentStatus[];
  /** In which the incident opened. */
  readonly range?: TimeRange;
}

/** Incidents and their timelines. Every change is an appended event; the row is projected in the same transaction. */
export abstract class IncidentStore {
  /**
   * Finds or makes the incident of a fired alert: the project's one unresolved incident of that group, or a new one with
   * id `newIncidentId`. Appends `incident_opened` (when new) and `alert_fired`. Safe to repeat and to race.
   * Errors: `not_found` where there is no such project.
   */
  abstract openOrJoin(
    scope: ProjectScope,
    transition: Transition,
    newIncidentId: IncidentId,
  ): Promise<OpenOutcome>;
  /** Which incident holds this alert episode. */
  abstract findByEpisode(scope: ProjectScope, episodeId: string): Promise<Incident | undefined>;
  /**
   * Appends in the given order; events whose id is there already are skipped. Undefined where there is no such incident.
   * `mayAppend` sees the incident as it is then, and nothing changes it meanwhile; where it says no, nothing is appended.
   */
  abstract append(
    scope: ProjectScope,
    id: IncidentId,
    events: readonly NewTimelineEvent[],
    mayAppend?: (incident: Incident) => boolean,
  ): Promise<Incident | undefined>;
  abstract find(scope: ProjectScope, id: IncidentId): Promise<Incident | undefined>;
  /** The newest first. */
  abstract list(scope: ProjectScope, filter: IncidentFilter, page: PageRequest): Promise<Page<Incident>>;
  /**
   * Those resolved since then of whose end an enabled channel that was there has neither been told nor given up: the notification
   * is under way, or lost. In the order in which they were resolved.
   */
  abstract listEndUntold(
    scope: ProjectScope,
    resolvedSinceMs: number,
    page: PageRequest,
  ): Promise<Page<Incident>>;
  /** In order of appending. */
  abstract timeline(scope: ProjectScope, id: IncidentId, page: PageRequest): Promise<Page<TimelineEvent>>;
  /** Projects the row anew from all its events, and returns it. */
  abstract rebuild(scope: ProjectScope, id: IncidentId): Promise<Incident | undefined>;
  /**
   * Deletes resolved incidents with nothing on their timelines since that instant (epoch milliseconds), and all that belongs to them:
   * timelines, investigations, evidence. One stays while an alert of it fires, and for as long as changes of its alerts are kept. Portion by
   * portion for as long as `goOn` says so; returns how many. A repeat goes on where it broke off.
   */
  abstract deleteBefore(scope: ProjectScope, beforeMs: number, goOn?: GoOn): Promise<number>;
}
