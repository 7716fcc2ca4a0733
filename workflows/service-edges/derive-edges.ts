import type { TimeRange } from '../../libs/core/src/common/time-range';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { splitIntoMinutes } from '../../libs/core/src/services/minutes-to-derive';
import { SERVICE_EDGE_LIMITS } from '../../libs/core/src/services/service-edge-limits';
import type { ServiceEdgeStore } from '../../libs/core/src/services/service-edge-store.port';

export interface EdgeStores {
  readonly logStore: LogStore;
  readonly serviceEdgeStore: ServiceEdgeStore;
}

/** Keeps each statement far from its timeout. */
const MINUTES_PER_STATEMENT = 6;

/** Derives the edges of all minutes that the range touches, and keeps them. Doing it again gives the same. */
export async function deriveEdges(
  { logStore, serviceEdgeStore }: EdgeStores,
  scope: ProjectScope,
  range: TimeRange,
  signal: AbortSignal,
): Promise<void> {
  for (const part of splitIntoMinutes(range, MINUTES_PER_STATEMENT)) {
    signal.throwIfAborted();
    const edges = await logStore.countEdges(scope, part, SERVICE_EDGE_LIMITS);
    await serviceEdgeStore.write(scope, part, edges);
  }
}
