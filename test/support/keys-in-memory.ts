import { asId } from '../../libs/core/src/common/ids';
import type { Page } from '../../libs/core/src/common/page';
import type { ApiKey } from '../../libs/core/src/projects/api-key';
import { ApiKeyStore } from '../../libs/core/src/projects/api-key-store.port';
import { hashSecret } from '../../libs/http/src/api-key-lookup';

export const TEST_PROJECT = '11111111-1111-4111-8111-111111111111';
export const OTHER_PROJECT = '99999999-9999-4999-8999-999999999999';

/** Keys for specs about HTTP; what stores promise is the conformance suites' matter. */
export class KeysInMemory extends ApiKeyStore {
  readonly byHash = new Map<string, ApiKey>();
  lookups = 0;

  add(secret: string, overrides: Partial<ApiKey> = {}): void {
    this.byHash.set(hashSecret(secret), {
      id: asId('22222222-2222-4222-8222-222222222222'),
      projectId: asId(TEST_PROJECT),
      name: 'laptop',
      prefix: secret.slice(0, 4),
      permissions: ['read'],
      createdAtMs: 0,
      ...overrides,
    });
  }

  async findByHash(hash: string): Promise<ApiKey | undefined> {
    this.lookups += 1;
    return this.byHash.get(hash);
  }

  create(): Promise<void> {
    throw new Error('not asked for here');
  }

  list(): Promise<Page<ApiKey>> {
    throw new Error('not asked for here');
  }

  revoke(): Promise<ApiKey | undefined> {
    throw new Error('not asked for here');
  }
}
