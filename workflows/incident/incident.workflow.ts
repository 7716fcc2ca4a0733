import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Transition } from '../../libs/core/src/alerting/rule-state';
import { asId, type TimelineEventId } from '../../libs/core/src/common/ids';
import { uuidOfName } from '../../libs/core/src/common/name-uuid';
import {
  autoResolveAtMs,
  nextIncidentProgress,
  withAlertToCome,
} from '../../libs/core/src/incidents/incident-progress';
import type {
  Actor,
  NotificationTopic,
  TimelineEventBody,
} from '../../libs/core/src/incidents/timeline-event';
import { TIMELINE_OPTIONS } from '../shared/activity-options';
import {
  ACKNOWLEDGE_UPDATE,
  ALERT_TRANSITION_SIGNAL,
  type AcknowledgeCommand,
  type AppendCondition,
  type AppendOutcome,
  COMMENT_UPDATE,
  type CommandOutcome,
  type CommentCommand,
  INCIDENT_CLOSED,
  INCIDENT_STATE_QUERY,
  type IncidentActivities,
  type IncidentInput,
  type IncidentState,
  RESOLVE_UPDATE,
  type ResolveCommand,
} from './incident.contract';
import { showSeverity, startInvestigation, startNotification } from './incident-children.workflow';

const { loadIncidentState, appendToTimeline } = proxyActivities<IncidentActivities>(TIMELINE_OPTIONS);

const alertTransition = defineSignal<[Transition]>(ALERT_TRANSITION_SIGNAL);
const acknowledge = defineUpdate<CommandOutcome, [AcknowledgeCommand]>(ACKNOWLEDGE_UPDATE);
const comment = defineUpdate<CommandOutcome, [CommentCommand]>(COMMENT_UPDATE);
const resolve = defineUpdate<CommandOutcome, [ResolveCommand]>(RESOLVE_UPDATE);
const stateQuery = defineQuery<IncidentState | undefined>(INCIDENT_STATE_QUERY);

/**
 * The life of one incident, from its first alert until it is resolved. What it remembers can be read anew from the
 * timeline, so it can be started again at any time, also after Temporal has lost it.
 */
export async function incident(input: IncidentInput): Promise<void> {
  await new IncidentLife(input).run();
}

class IncidentLife {
  private state: IncidentState | undefined;
  private readonly heard: Transition[] = [];
  private childrenRunning = 0;
  private appending = 0;
  private isClosing = false;

  constructor(private readonly input: IncidentInput) {
    this.state = input.carried;
    setHandler(alertTransition, (transition) => void this.heard.push(transition));
    setHandler(stateQuery, () => this.state);
    const validator = (_command: AcknowledgeCommand) => this.refuseIfClosed();
    setHandler(acknowledge, (command) => this.acknowledge(command), { validator });
    setHandler(resolve, (command) => this.resolve(command), { validator });
    setHandler(comment, (command) => this.comment(command));
  }

  async run(): Promise<void> {
    this.state ??= await loadIncidentState(this.input.projectId, this.input.incidentId);
    await this.begin();
    while (!this.isDone()) {
      await this.hearTransitions();
      const quietForLong = !(await this.waitForChange());
      // A command or an alert may have come in together with the end of the wait.
      const isStillQuiet = this.heard.length === 0 && this.progress.status !== 'resolved';
      if (quietForLong && isStillQuiet) await this.closeByItself();
      if (this.mayContinueAsNew()) {
        await continueAsNew<typeof incident>({ ...this.input, carried: this.required });
      }
    }
  }

  private isDone(): boolean {
    return (
      this.progress.status === 'resolved' &&
      this.heard.length === 0 &&
      this.childrenRunning === 0 &&
      allHandlersFinished()
    );
  }

  /** Tells people and looks into it, once in the incident's life. Of one that is resolved, only what was lost is told. */
  private async begin(): Promise<void> {
    const isResolved = this.progress.status === 'resolved';
    // Runs of before told nothing then.
    if (isResolved && !patched('end-untold')) return;
    const { unfinished = [], isRaiseUntold = false, ...progress } = this.progress;
    this.state = { ...this.required, progress };
    for (const { sequence, about, channels } of unfinished) {
      this.countChild(
        await startNotification({ ...this.subject, sequence, about, remainingChannels: channels }),
      );
    }
    const about = isResolved ? 'incident_resolved' : 'incident_opened';
    if (!this.progress.notified.includes(about)) await this.notify(about);
    if (isResolved) return;
    if (isRaiseUntold) await this.notify('severity_raised');
    if (!this.progress.investigated) {
      this.remember({ investigated: true });
      this.countChild(await startInvestigation(this.input));
    }
  }

  private async hearTransitions(): Promise<void> {
    for (let next = this.heard.shift(); next !== undefined; next = this.heard.shift()) {
      const transition = next;
      const step = nextIncidentProgress(this.progress, transition, Date.now());
      this.remember(step.progress);
      if (step.alertEnded) {
        const name = `alert_resolved:${transition.episodeId}`;
        await this.append(
          name,
          { kind: 'opspilot' },
          { kind: 'alert_resolved', transition },
          transition.evaluatedAtMs,
        );
      }
      if (step.severityRaised) {
        showSeverity(this.input.projectId, transition.severity);
        await this.notify('severity_raised');
      }
    }
  }

  /** True when something has changed, false when the incident has been quiet for long enough. */
  private async waitForChange(): Promise<boolean> {
    const resolveAtMs = autoResolveAtMs(this.progress, this.required.autoResolveSeconds);
    const mustGoOn = () => this.heard.length > 0 || this.isDone() || this.mayContinueAsNew();
    if (resolveAtMs === undefined) {
      await condition(mustGoOn);
      return true;
    }
    const waitMs = Math.max(resolveAtMs - Date.now(), 1);
    return condition(() => mustGoOn() || this.progress.status === 'resolved', waitMs);
  }

  private mayContinueAsNew(): boolean {
    return workflowInfo().continueAsNewSuggested && this.heard.length === 0 && allHandlersFinished();
  }

  // In each command, nothing may be awaited between the check and the claim: of two commands exactly one gets through.

  private async acknowledge(command: AcknowledgeCommand): Promise<CommandOutcome> {
    await this.decided();
    this.refuseIfClosed();
    if (this.progress.status === 'acknowledged') {
      // Whoever asks sees the incident as acknowledged.
      await condition(() => this.appending === 0);
      return 'unchanged';
    }
    this.remember({ status: 'acknowledged' });
    await this.appendCommand(command.actor, { kind: 'acknowledged', ...textOf(command.comment) });
    return 'done';
  }

  private async resolve(command: ResolveCommand): Promise<CommandOutcome> {
    await this.decided();
    this.refuseIfClosed();
    await this.close(command.actor, command.comment);
    return 'done';
  }

  private async close(actor: Actor, text?: string): Promise<void> {
    this.remember({ status: 'resolved' });
    await this.appendCommand(actor, { kind: 'resolved', ...textOf(text) });
    await this.notify('incident_resolved');
  }

  /** Unless an alert has joined of which the workflow has not heard yet: nobody would be told of it any more. */
  private async closeByItself(): Promise<void> {
    this.isClosing = true;
    const outcome = await this.appendCommand({ kind: 'opspilot' }, { kind: 'resolved' }, 'all_alerts_over');
    this.isClosing = false;
    if (outcome === 'refused') {
      this.state = { ...this.required, progress: withAlertToCome(this.progress) };
      return;
    }
    this.remember({ status: 'resolved' });
    await this.notify('incident_resolved');
  }

  private async comment(command: CommentCommand): Promise<CommandOutcome> {
    await this.loaded();
    await this.appendCommand(command.actor, { kind: 'commented', text: command.text });
    return 'done';
  }

  private async loaded(): Promise<void> {
    await condition(() => this.state !== undefined);
  }

  /** Whether it is closed: not known while it is about to close by itself. */
  private async decided(): Promise<void> {
    await condition(() => this.state !== undefined && !this.isClosing);
  }

  private refuseIfClosed(): void {
    if (this.state?.progress.status === 'resolved') {
      throw ApplicationFailure.nonRetryable('the incident is resolved', INCIDENT_CLOSED);
    }
  }

  private async notify(about: NotificationTopic): Promise<void> {
    const sequence = this.progress.nextSequence;
    this.remember({ nextSequence: sequence + 1, notified: [...this.progress.notified, about] });
    this.countChild(await startNotification({ ...this.subject, sequence, about }));
  }

  private countChild(child: { readonly end: Promise<unknown> }): void {
    this.childrenRunning++;
    void child.end.then(() => this.childrenRunning--);
  }

  /** A command's event takes its id from the update, so that a repeated request adds it once. */
  private appendCommand(
    actor: Actor,
    body: TimelineEventBody,
    condition?: AppendCondition,
  ): Promise<AppendOutcome | undefined> {
    const name = currentUpdateInfo()?.id ?? `${body.kind}:opspilot`;
    return this.append(name, actor, body, Date.now(), condition);
  }

  private async append(
    name: string,
    actor: Actor,
    body: TimelineEventBody,
    atMs: number,
    condition?: AppendCondition,
  ): Promise<AppendOutcome | undefined> {
    const { projectId, incidentId } = this.input;
    const id = asId<TimelineEventId>(uuidOfName(`incident:${incidentId}:${name}`));
    this.appending++;
    try {
      return await appendToTimeline(projectId, incidentId, [{ id, atMs, actor, body }], condition);
    } finally {
      this.appending--;
    }
  }

  private remember(change: Partial<IncidentState['progress']>): void {
    this.state = { ...this.required, progress: { ...this.progress, ...change } };
  }

  private get subject() {
    const { projectId, incidentId } = this.input;
    return { projectId, incidentId };
  }

  private get progress(): IncidentState['progress'] {
    return this.required.progress;
  }

  private get required(): IncidentState {
    if (this.state === undefined) throw new Error('the incident is not loaded yet');
    return this.state;
  }
}

function textOf(comment: string | undefined): { readonly comment?: string } {
  return comment === undefined ? {} : { comment };
}
