import type { ProjectId } from '../../libs/core/src/common/ids';
import { shardOfProject } from '../../libs/core/src/alerting/shard-of-project';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import type { ProjectStore } from '../../libs/core/src/projects/project-store.port';
import type { SnapshotStore } from '../../libs/core/src/snapshots/snapshot-store.port';
import { asActivities } from '../shared/activity-failure';
import { type SnapshotSources, gatherSnapshot } from './gather-snapshot';
import type { ShardPage, ShardPageRequest, SnapshotActivities, SnapshotCapture } from './snapshot.contract';

export interface SnapshotDependencies extends SnapshotSources {
  readonly projects: ProjectStore;
  readonly snapshots: SnapshotStore;
}

/** Projects looked at for one page of a sweep. With many shards a page holds few of them, which is no harm. */
const PROJECTS_PER_PAGE = 500;

export function createSnapshotActivities(deps: SnapshotDependencies): SnapshotActivities {
  return asActivities({
    async captureSnapshot(capture: SnapshotCapture): Promise<void> {
      const scope = scopeOfProject(capture.projectId);
      await deps.snapshots.save(scope, await gatherSnapshot(deps, scope, capture));
    },

    async listShardProjects({ shard, shards, after }: ShardPageRequest): Promise<ShardPage> {
      const page = await deps.projects.listAfter(after, PROJECTS_PER_PAGE);
      const last: ProjectId | undefined = page.at(-1)?.id;
      return {
        projectIds: page.map(({ id }) => id).filter((id) => shardOfProject(id, shards) === shard),
        ...(page.length === PROJECTS_PER_PAGE && last !== undefined && { continueAfter: last }),
      };
    },
  });
}
