import type { Pool } from 'pg';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import type { Project } from '../../../core/src/projects/project';
import { ProjectStore } from '../../../core/src/projects/project-store.port';
import { onEngine } from './engine-error';
import { storableText } from './storable-text';

interface ProjectRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
}

export class PostgresProjectStore extends ProjectStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async create(project: Project): Promise<Project> {
    await onEngine(() =>
      this.pool.query(
        'INSERT INTO projects (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING',
        [project.id, storableText(project.name), new Date(project.createdAtMs)],
      ),
    );
    // A statement of its own: one that lost a race to another creator does not see that creator's row.
    return (await this.find(project.id)) ?? project;
  }

  override async find(id: ProjectId): Promise<Project | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<ProjectRow>('SELECT id, name, created_at FROM projects WHERE id = $1', [id]),
    );
    return rows.map(toProject)[0];
  }

  override async listAfter(after: ProjectId | undefined, limit: number): Promise<readonly Project[]> {
    const { rows } = await onEngine(() =>
      this.pool.query<ProjectRow>(
        'SELECT id, name, created_at FROM projects WHERE id > $1 ORDER BY id LIMIT $2',
        [after ?? '', limit],
      ),
    );
    return rows.map(toProject);
  }
}

function toProject(row: ProjectRow): Project {
  return { id: asId<ProjectId>(row.id), name: row.name, createdAtMs: row.created_at.getTime() };
}
