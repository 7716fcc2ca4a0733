import type { Pool } from 'pg';
import { EvaluationCursorStore } from '../../../core/src/alerting/evaluation-cursor-store.port';
import type { IntervalSeconds } from '../../../core/src/alerting/rule';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { onEngine } from './engine-error';
import { underParent } from './missing-parent';

export class PostgresEvaluationCursorStore extends EvaluationCursorStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async claim(
    scope: ProjectScope,
    intervalSeconds: IntervalSeconds,
    throughMs: number,
  ): Promise<void> {
    await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      this.pool.query(
        `INSERT INTO evaluation_claims AS stored (project_id, interval_seconds, claimed_through)
         VALUES ($1, $2, $3)
         ON CONFLICT (project_id, interval_seconds)
         DO UPDATE SET claimed_through = greatest(stored.claimed_through, EXCLUDED.claimed_through)`,
        [scope.projectId, intervalSeconds, new Date(throughMs)],
      ),
    );
  }

  override async load(scope: ProjectScope, intervalSeconds: IntervalSeconds): Promise<number | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<{ evaluated_through: Date }>(
        'SELECT evaluated_through FROM evaluation_cursors WHERE project_id = $1 AND interval_seconds = $2',
        [scope.projectId, intervalSeconds],
      ),
    );
    return rows[0]?.evaluated_through.getTime();
  }

  override async advance(
    scope: ProjectScope,
    intervalSeconds: IntervalSeconds,
    evaluatedThroughMs: number,
  ): Promise<void> {
    await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      this.pool.query(
        `INSERT INTO evaluation_cursors AS stored (project_id, interval_seconds, evaluated_through)
         VALUES ($1, $2, $3)
         ON CONFLICT (project_id, interval_seconds)
         DO UPDATE SET evaluated_through = greatest(stored.evaluated_through, EXCLUDED.evaluated_through)`,
        [scope.projectId, intervalSeconds, new Date(evaluatedThroughMs)],
      ),
    );
  }
}
