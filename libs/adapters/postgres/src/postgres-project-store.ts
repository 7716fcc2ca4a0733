import type { Pool } from 'pg';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import type { Project } from '../../../core/src/projects/project';
import { ProjectStore } from '../../../core/src/projects/project-store.port';
import type { Retention } from '../../../core/src/projects/retention';
import { onEngine } from './engine-error';
import { storableText } from './storable-text';

interface ProjectRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
  readonly log_retention_days: number | null;
  readonly metric_retention_days: number | null;
}

const COLUMNS = 'id, name, created_at, log_retention_days, metric_retention_days';

export class PostgresProjectStore extends ProjectStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async create(project: Project): Promise<Project> {
    await onEngine(() =>
      this.pool.query(
        `INSERT INTO projects (${COLUMNS}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`,
        [
          project.id,
          storableText(project.name),
          new Date(project.createdAtMs),
          project.retention?.logs,
          project.retention?.metrics,
        ],
      ),
    );
    // A statement of its own: one that lost a race to another creator does not see that creator's row.
    return (await this.find(project.id)) ?? project;
  }

  override async find(id: ProjectId): Promise<Project | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<ProjectRow>(`SELECT ${COLUMNS} FROM projects WHERE id = $1`, [id]),
    );
    return rows.map(toProject)[0];
  }

  override async setRetention(id: ProjectId, { logs, metrics }: Partial<Retention>): Promise<boolean> {
    const { rowCount } = await onEngine(() =>
      this.pool.query(
        'UPDATE projects SET log_retention_days = $2, metric_retention_days = $3 WHERE id = $1',
        [id, logs, metrics],
      ),
    );
    return rowCount === 1;
  }

  override async listAfter(after: ProjectId | undefined, limit: number): Promise<readonly Project[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<ProjectRow>(`SELECT ${COLUMNS} FROM projects WHERE id > $1 ORDER BY id LIMIT $2`, [
        after ?? '',
        limit,
      ]),
    );
    return rows.map(toProject);
  }
}

function toProject(row: ProjectRow): Project {
  const { id, name, created_at: createdAt, log_retention_days: logs, metric_retention_days: metrics } = row;
  const retention = { ...(logs !== null && { logs }), ...(metrics !== null && { metrics }) };
  return {
    id: asId<ProjectId>(id),
    name,
    createdAtMs: createdAt.getTime(),
    ...(Object.keys(retention).length > 0 && { retention }),
  };
}
