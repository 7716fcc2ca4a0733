import type { ChangeInput } from '../../../analysis/src/root-cause';
import { MAX_CHANGE_LAG_MS } from '../../../analysis/src/weigh-changes';
import { type TimeRange, toIso } from '../common/time-range';
import type { ChangeEvent } from '../ingest/change-event';
import type { EvidenceDraft } from './evidence-draft';
import { eventsPath } from './evidence-query';
import type { InvestigationScope } from './investigation';
import { plainText } from '../common/plain-text';
import { plainService, quoteLogText } from './quote-log-text';

const MAX_TITLE = 200;
/** The listing has no filter by id, so the request names a short time around the event. */
const AROUND_MS = 1000;

export function toChangeInput(event: ChangeEvent): ChangeInput {
  return {
    ref: `change:${event.id}`,
    serviceName: event.serviceName,
    kind: event.kind,
    title: plainText(event.title, MAX_TITLE),
    atMs: Date.parse(event.timestamp),
  };
}

/** From when on a change may have to do with it, however late the baseline begins: a new service is deployed before it sends anything. */
export function changesRange({ baseline, incident }: InvestigationScope): TimeRange {
  return { fromMs: Math.min(baseline.fromMs, incident.fromMs - MAX_CHANGE_LAG_MS), toMs: incident.toMs };
}

/** All change events of that time, the latest first; where there are none, that is what is kept. */
export function describeChanges(
  events: readonly ChangeEvent[],
  scope: InvestigationScope,
): readonly EvidenceDraft[] {
  if (events.length > 0) return events.map(describeChange);
  const range = changesRange(scope);
  return [
    {
      ref: 'change:none',
      kind: 'change_event',
      summary: `No deploy or other change was reported from ${toIso(range.fromMs)} to ${toIso(range.toMs)}.`,
      query: eventsPath(range),
      result: { changes: 0 },
    },
  ];
}

export function describeChange(event: ChangeEvent): EvidenceDraft {
  const { kind, serviceName, version, link } = event;
  const atMs = Date.parse(event.timestamp);
  const what = kind === 'other' ? 'change' : kind;
  const to = version === undefined ? '' : ` to ${plainText(version, 60)}`;
  return {
    ref: `change:${event.id}`,
    kind: 'change_event',
    serviceName,
    summary: `${plainService(serviceName)}: ${what} ${quoteLogText(event.title)}${to} at ${event.timestamp}.`,
    query: eventsPath({ fromMs: atMs - AROUND_MS, toMs: atMs + AROUND_MS }, serviceName),
    result: {
      id: event.id,
      kind,
      title: plainText(event.title, MAX_TITLE),
      timestamp: event.timestamp,
      ...(version === undefined ? {} : { version: plainText(version, 100) }),
      ...(link === undefined ? {} : { link: plainText(link, 500) }),
    },
  };
}
