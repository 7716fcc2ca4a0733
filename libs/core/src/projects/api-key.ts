import type { ApiKeyId, ProjectId } from '../common/ids';

export const API_KEY_PERMISSIONS = ['ingest', 'read', 'write', 'admin'] as const;
/** What a key may do. `admin` includes all others. */
export type ApiKeyPermission = (typeof API_KEY_PERMISSIONS)[number];

/** A key as it is stored: the secret itself is shown once at creation and kept only as a SHA-256 hash. */
export interface ApiKey {
  readonly id: ApiKeyId;
  readonly projectId: ProjectId;
  readonly name: string;
  /** The first characters of the secret, so that a person can tell keys apart. */
  readonly prefix: string;
  readonly permissions: readonly ApiKeyPermission[];
  readonly createdAtMs: number;
  readonly revokedAtMs?: number;
}

export function mayDo(key: ApiKey, permission: ApiKeyPermission): boolean {
  return key.permissions.includes('admin') || key.permissions.includes(permission);
}
