import { randomBytes, randomUUID } from 'node:crypto';
import { type ApiKeyId, asId, type ProjectId } from '../../core/src/common/ids';
import type { ApiKey, ApiKeyPermission } from '../../core/src/projects/api-key';
import { hashSecret } from './api-key-lookup';

const SECRET_BYTES = 32;
const PREFIX_LENGTH = 8;

export interface IssuedApiKey {
  readonly key: ApiKey;
  /** For its owner, once: only the hash is stored. */
  readonly secret: string;
  readonly secretHash: string;
}

/** Makes a key; storing it is the caller's. */
export function issueApiKey(request: {
  readonly projectId: ProjectId;
  readonly name: string;
  readonly permissions: readonly ApiKeyPermission[];
  readonly nowMs: number;
}): IssuedApiKey {
  const secret = `ops_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const key: ApiKey = {
    id: asId<ApiKeyId>(randomUUID()),
    projectId: request.projectId,
    name: request.name,
    prefix: secret.slice(0, PREFIX_LENGTH),
    permissions: request.permissions,
    createdAtMs: request.nowMs,
  };
  return { key, secret, secretHash: hashSecret(secret) };
}
