import type { Pool } from 'pg';
import type { PatternMatcher } from '../../../analysis/src/label-pattern';
import type { LogPatternLabel } from '../../../core/src/logs/log-pattern-label';
import { LogPatternLabelStore } from '../../../core/src/logs/log-pattern-label-store.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { onEngine } from './engine-error';
import { underParent } from './missing-parent';
import { oneAtATime } from './one-at-a-time';
import { storableJson, storableText } from './storable-text';

interface LabelRow {
  readonly name: string;
  /** Written from a PatternMatcher only. */
  readonly matcher: PatternMatcher;
  readonly created_at: Date;
}

export class PostgresLogPatternLabelStore extends LogPatternLabelStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async list(scope: ProjectScope): Promise<readonly LogPatternLabel[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<LabelRow>('SELECT * FROM log_pattern_labels WHERE project_id = $1 ORDER BY name', [
        scope.projectId,
      ]),
    );
    return rows.map(({ name, matcher, created_at: createdAt }) => ({
      label: name,
      matcher,
      createdAtMs: createdAt.getTime(),
    }));
  }

  override async save(scope: ProjectScope, label: LogPatternLabel, most: number): Promise<boolean> {
    const { rowCount } = await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      oneAtATime(this.pool, scope, 'log pattern labels', (client) =>
        client.query(
          `INSERT INTO log_pattern_labels (project_id, name, matcher, created_at)
           SELECT $1, $2, $3, $4
           WHERE (SELECT count(*) FROM log_pattern_labels WHERE project_id = $1 AND name <> $2) < $5
           ON CONFLICT (project_id, name) DO UPDATE SET matcher = excluded.matcher`,
          [
            scope.projectId,
            storableText(label.label),
            storableJson(label.matcher),
            new Date(label.createdAtMs),
            most,
          ],
        ),
      ),
    );
    return rowCount === 1;
  }

  override async delete(scope: ProjectScope, name: string): Promise<boolean> {
    const { rowCount } = await onEngine(() =>
      this.pool.query('DELETE FROM log_pattern_labels WHERE project_id = $1 AND name = $2', [
        scope.projectId,
        storableText(name),
      ]),
    );
    return rowCount === 1;
  }
}
