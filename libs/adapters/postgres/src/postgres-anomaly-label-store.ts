import type { Pool } from 'pg';
import type { AnomalyLabel } from '../../../core/src/anomalies/anomaly-label';
import { AnomalyLabelStore } from '../../../core/src/anomalies/anomaly-label-store.port';
import type { AnomalyLabelId } from '../../../core/src/common/ids';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { onEngine } from './engine-error';
import { instantValue } from './instant-value';
import { underParent } from './missing-parent';
import { oneAtATime } from './one-at-a-time';
import { storableJson, storableText } from './storable-text';

interface LabelRow {
  /** Written from an AnomalyLabel only; JSON knows no infinity, which is written as null. */
  readonly label: Omit<AnomalyLabel, 'furthestUp' | 'furthestDown'> & {
    readonly furthestUp: number | null;
    readonly furthestDown: number | null;
  };
  readonly applied_at: Date | null;
}

export class PostgresAnomalyLabelStore extends AnomalyLabelStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async list(scope: ProjectScope): Promise<readonly AnomalyLabel[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<LabelRow>(
        'SELECT label, applied_at FROM anomaly_labels WHERE project_id = $1 ORDER BY created_at DESC, id DESC',
        [scope.projectId],
      ),
    );
    return rows.map(({ label, applied_at: appliedAt }) => ({
      ...label,
      furthestUp: label.furthestUp ?? Infinity,
      furthestDown: label.furthestDown ?? Infinity,
      ...(appliedAt !== null && { appliedAtMs: appliedAt.getTime() }),
    }));
  }

  override async add(scope: ProjectScope, label: AnomalyLabel, most: number): Promise<boolean> {
    const { appliedAtMs, ...rest } = label;
    const { rowCount } = await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      oneAtATime(this.pool, scope, 'anomaly labels', (client) =>
        client.query(
          `INSERT INTO anomaly_labels (project_id, id, created_at, applied_at, label)
           SELECT $1, $2, $3, $4, $5
           WHERE (SELECT count(*) FROM anomaly_labels WHERE project_id = $1) < $6
           ON CONFLICT DO NOTHING`,
          [
            scope.projectId,
            storableText(label.id),
            instantValue(label.createdAtMs),
            appliedAtMs === undefined ? null : instantValue(appliedAtMs),
            storableJson(rest),
            most,
          ],
        ),
      ),
    );
    return rowCount === 1;
  }

  override async apply(
    scope: ProjectScope,
    ids: readonly AnomalyLabelId[],
    appliedAtMs: number,
  ): Promise<number> {
    const { rowCount } = await onEngine(() =>
      this.pool.query(
        `UPDATE anomaly_labels SET applied_at = $3
         WHERE project_id = $1 AND id = ANY($2::text[]) AND applied_at IS NULL`,
        [scope.projectId, ids.map(storableText), instantValue(appliedAtMs)],
      ),
    );
    return rowCount ?? 0;
  }

  override async delete(scope: ProjectScope, id: AnomalyLabelId): Promise<boolean> {
    const { rowCount } = await onEngine(() =>
      this.pool.query('DELETE FROM anomaly_labels WHERE project_id = $1 AND id = $2', [
        scope.projectId,
        storableText(id),
      ]),
    );
    return rowCount === 1;
  }
}
