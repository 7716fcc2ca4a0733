import type { ApiKeyId } from '../common/ids';
import type { Page, PageRequest } from '../common/page';
import type { ApiKey } from './api-key';
import type { ProjectScope } from './project-scope';

/** API keys: of their secrets only hashes. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class ApiKeyStore {
  abstract create(scope: ProjectScope, key: ApiKey, secretHash: string): Promise<void>;
  /** By SHA-256 (hex) of the secret; revoked keys are found too. No scope: this is how a request gets one. */
  abstract findByHash(secretHash: string): Promise<ApiKey | undefined>;
  /** In order of creation. */
  abstract list(scope: ProjectScope, page: PageRequest): Promise<Page<ApiKey>>;
  /** Returns the revoked key, or undefined where this project has none of that id. Revoking twice keeps the first time. */
  abstract revoke(scope: ProjectScope, id: ApiKeyId, atMs: number): Promise<ApiKey | undefined>;
}
