import type { SharedClock } from '../../libs/core/src/common/shared-clock.port';
import type { ProjectStore } from '../../libs/core/src/projects/project-store.port';
import { minutesToDerive } from '../../libs/core/src/services/minutes-to-derive';
import type { Logger } from '../../libs/observability/src/app-logger';
import { ToldProblems } from '../../libs/observability/src/told-problems';
import { asActivities } from '../shared/activity-failure';
import { eachShardProject } from '../shared/each-project';
import { heartbeatWhile } from '../shared/heartbeat-while';
import { notAhead } from '../shared/not-ahead';
import { deriveEdges, type EdgeStores } from './derive-edges';
import type {
  ServiceEdgeActivities,
  ServiceEdgeSweepResult,
  ShardEdgesRequest,
} from './service-edges.contract';

export interface ServiceEdgeDependencies extends EdgeStores {
  readonly projects: ProjectStore;
  readonly sharedClock: SharedClock;
  readonly logger: Logger;
}

/** A graph of services is never urgent, so it leaves the database's connections to what is. */
const PROJECTS_AT_ONCE = 2;

export function createServiceEdgeActivities(deps: ServiceEdgeDependencies): ServiceEdgeActivities {
  const told = new ToldProblems();
  return asActivities({
    deriveShardEdges: (request: ShardEdgesRequest) =>
      heartbeatWhile((signal) => deriveShardEdges(deps, told, request, signal)),
  });
}

async function deriveShardEdges(
  deps: ServiceEdgeDependencies,
  told: ToldProblems,
  { shard, shards, scheduledAtMs, derivedToMs }: ShardEdgesRequest,
  signal: AbortSignal,
): Promise<ServiceEdgeSweepResult> {
  const range = minutesToDerive(await notAhead(deps.sharedClock, scheduledAtMs), derivedToMs);
  const visit = {
    shard,
    shards,
    atOnce: PROJECTS_AT_ONCE,
    failure: 'service edges of a project are not derived, a later run takes the last minutes again',
  };
  const visited = await eachShardProject(deps, told, visit, signal, (scope) =>
    deriveEdges(deps, scope, range, signal),
  );
  return { ...visited, derivedToMs: range.toMs };
}
