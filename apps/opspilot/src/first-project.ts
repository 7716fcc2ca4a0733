import { randomUUID } from 'node:crypto';
import { asId, isUuid, type ProjectId } from '../../../libs/core/src/common/ids';
import type { ApiKeyStore } from '../../../libs/core/src/projects/api-key-store.port';
import { scopeOfProject } from '../../../libs/core/src/projects/project-scope';
import type { ProjectStore } from '../../../libs/core/src/projects/project-store.port';
import { hashSecret } from '../../../libs/http/src/api-key-lookup';
import { issueApiKey } from '../../../libs/http/src/issue-api-key';

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
  known: { readonly project_id?: string | undefined; readonly api_key?: string | undefined } | undefined,
  nowMs: number,
): Promise<ProjectAccess> {
  const { project_id: projectId, api_key: apiKey } = { ...known };
  if (projectId !== undefined && apiKey !== undefined && isUuid(projectId)) {
    const key = await stores.apiKeys.findByHash(hashSecret(apiKey));
    if (key?.projectId === projectId && key.revokedAtMs === undefined) {
      return { projectId: key.projectId, apiKey };
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
  const { key, secret, secretHash } = issueApiKey({
    projectId,
    name: 'npm start',
    permissions: ['admin'],
    nowMs,
  });
  await apiKeys.create(scopeOfProject(projectId), key, secretHash);
  return secret;
}
