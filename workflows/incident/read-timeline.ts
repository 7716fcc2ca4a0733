import type { IncidentId } from '../../libs/core/src/common/ids';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { TimelineEvent } from '../../libs/core/src/incidents/timeline-event';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';

const EVENTS_PER_PAGE = 500;

/** All events of an incident, in order. */
export async function readTimeline(
  store: IncidentStore,
  scope: ProjectScope,
  id: IncidentId,
): Promise<readonly TimelineEvent[]> {
  const events: TimelineEvent[] = [];
  let cursor: string | undefined;
  do {
    const request = { limit: EVENTS_PER_PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const page = await store.timeline(scope, id, request);
    events.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return events;
}
