import type { Pool } from 'pg';
import type { SnapshotId } from '../../../core/src/common/ids';
import type { Page, PageRequest } from '../../../core/src/common/page';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { Snapshot } from '../../../core/src/snapshots/snapshot';
import { SnapshotStore } from '../../../core/src/snapshots/snapshot-store.port';
import { decodeCursor, toPage } from './cursor';
import { deleteBefore, deletingSome } from './delete-before';
import { onEngine } from './engine-error';
import { underParent } from './missing-parent';
import { storableJson } from './storable-text';

interface SnapshotRow {
  /** Written from a Snapshot only. */
  readonly snapshot: Snapshot;
}

const DELETE_SOME = deletingSome('snapshots', 'taken_at');

export class PostgresSnapshotStore extends SnapshotStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async save(scope: ProjectScope, snapshot: Snapshot): Promise<void> {
    await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      this.pool.query(
        `INSERT INTO snapshots (project_id, id, taken_at, snapshot) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, id) DO NOTHING`,
        [scope.projectId, snapshot.id, new Date(snapshot.takenAtMs), storableJson(snapshot)],
      ),
    );
  }

  override async find(scope: ProjectScope, id: SnapshotId): Promise<Snapshot | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<SnapshotRow>('SELECT snapshot FROM snapshots WHERE project_id = $1 AND id = $2', [
        scope.projectId,
        id,
      ]),
    );
    return rows[0]?.snapshot;
  }

  override async list(scope: ProjectScope, page: PageRequest): Promise<Page<Snapshot>> {
    const before = decodeCursor(page.cursor, ['instant', 'text']);
    const { rows } = await onEngine(() =>
      this.pool.query<SnapshotRow>(
        `SELECT snapshot FROM snapshots WHERE project_id = $1 AND (taken_at, id) < ($2, $3)
         ORDER BY taken_at DESC, id DESC LIMIT $4`,
        [scope.projectId, before ? new Date(before[0]) : 'infinity', before?.[1] ?? '', page.limit + 1],
      ),
    );
    const counted = await onEngine(() =>
      this.pool.query<{ total: number }>('SELECT count(*) AS total FROM snapshots WHERE project_id = $1', [
        scope.projectId,
      ]),
    );
    return toPage(
      rows,
      page,
      counted.rows[0]?.total ?? 0,
      (row) => row.snapshot,
      ({ snapshot }) => [snapshot.takenAtMs, snapshot.id],
    );
  }

  override deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number> {
    return deleteBefore(this.pool, DELETE_SOME, scope, beforeMs);
  }
}
