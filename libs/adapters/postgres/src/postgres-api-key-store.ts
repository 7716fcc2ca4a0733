import type { Pool } from 'pg';
import { type ApiKeyId, asId, type ProjectId } from '../../../core/src/common/ids';
import type { Page, PageRequest } from '../../../core/src/common/page';
import type { ApiKey, ApiKeyPermission } from '../../../core/src/projects/api-key';
import { ApiKeyStore } from '../../../core/src/projects/api-key-store.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { listInCreationOrder } from './creation-order';
import { onEngine } from './engine-error';
import { underParent } from './missing-parent';
import { storableText } from './storable-text';

interface ApiKeyRow {
  readonly project_id: string;
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  /** Written from a domain value only, so they are permissions. */
  readonly permissions: readonly ApiKeyPermission[];
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

export class PostgresApiKeyStore extends ApiKeyStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async create(scope: ProjectScope, key: ApiKey, secretHash: string): Promise<void> {
    await underParent('OPS_PROJECT_NOT_FOUND', 'project', () =>
      this.pool.query(
        `INSERT INTO api_keys (project_id, id, name, prefix, permissions, secret_hash, created_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          scope.projectId,
          key.id,
          storableText(key.name),
          key.prefix,
          key.permissions,
          secretHash,
          new Date(key.createdAtMs),
          key.revokedAtMs === undefined ? null : new Date(key.revokedAtMs),
        ],
      ),
    );
  }

  override async findByHash(secretHash: string): Promise<ApiKey | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<ApiKeyRow>('SELECT * FROM api_keys WHERE secret_hash = $1', [secretHash]),
    );
    return rows.map(toApiKey)[0];
  }

  override list(scope: ProjectScope, page: PageRequest): Promise<Page<ApiKey>> {
    return listInCreationOrder(this.pool, 'api_keys', scope, page, toApiKey);
  }

  override async revoke(scope: ProjectScope, id: ApiKeyId, atMs: number): Promise<ApiKey | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<ApiKeyRow>(
        `UPDATE api_keys SET revoked_at = coalesce(revoked_at, $3) WHERE project_id = $1 AND id = $2 RETURNING *`,
        [scope.projectId, id, new Date(atMs)],
      ),
    );
    return rows.map(toApiKey)[0];
  }
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: asId<ApiKeyId>(row.id),
    projectId: asId<ProjectId>(row.project_id),
    name: row.name,
    prefix: row.prefix,
    permissions: row.permissions,
    createdAtMs: row.created_at.getTime(),
    ...(row.revoked_at !== null && { revokedAtMs: row.revoked_at.getTime() }),
  };
}
