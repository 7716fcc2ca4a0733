import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type ApiKeyId, asId, isUuid, type ProjectId } from '../../../libs/core/src/common/ids';
import type { ApiKeyStore } from '../../../libs/core/src/projects/api-key-store.port';
import { scopeOfProject } from '../../../libs/core/src/projects/project-scope';
import type { ProjectStore } from '../../../libs/core/src/projects/project-store.port';

export interface ProjectAccess {
  readonly projectId: ProjectId;
  /** The secret itself: it is stored as a hash and cannot be shown again. */
  readonly apiKey: string;
}

interface Stores {
  readonly projects: ProjectStore;
  readonly apiKeys: ApiKeyStore;
}

/** The access that an earlier start left, if it still works; otherwise a key (and, on an empty database, a project) is made. */
export async function firstProject(
  stores: Stores,
  known: { readonly project_id: string; readonly api_key: string } | undefined,
  nowMs: number,
): Promise<ProjectAccess> {
  if (known !== undefined && isUuid(known.project_id)) {
    const key = await stores.apiKeys.findByHash(hashOf(known.api_key));
    if (key?.projectId === known.project_id && key.revokedAtMs === undefined) {
      return { projectId: key.projectId, apiKey: known.api_key };
    }
  }
  const [existing] = await stores.projects.listAfter(undefined, 1);
  const project =
    existing ??
    (await stores.projects.create({
      id: asId<ProjectId>(randomUUID()),
      name: 'default',
      createdAtMs: nowMs,
    }));
  return { projectId: project.id, apiKey: await createKey(stores.apiKeys, project.id, nowMs) };
}

async function createKey(apiKeys: ApiKeyStore, projectId: ProjectId, nowMs: number): Promise<string> {
  const secret = `ops_${randomBytes(24).toString('base64url')}`;
  const key = {
    id: asId<ApiKeyId>(randomUUID()),
    projectId,
    name: 'npm start',
    prefix: secret.slice(0, 8),
    permissions: ['admin' as const],
    createdAtMs: nowMs,
  };
  await apiKeys.create(scopeOfProject(projectId), key, hashOf(secret));
  return secret;
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
