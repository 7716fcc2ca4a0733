import { everyItem } from '../../libs/core/src/common/every-item';
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
  for await (const event of everyItem(EVENTS_PER_PAGE, (page) => store.timeline(scope, id, page)))
    events.push(event);
  return events;
}
