import { createHash } from 'node:crypto';
import type { Clock } from '../../core/src/common/clock';
import type { ApiKey } from '../../core/src/projects/api-key';
import type { ApiKeyStore } from '../../core/src/projects/api-key-store.port';

const CACHE_MS = 5000;
const CACHE_KEYS = 1000;
const MAX_SECRET_LENGTH = 256;

interface Entry {
  readonly key: ApiKey;
  readonly expiresAtMs: number;
}

/** How secrets are kept and looked up: SHA-256 in hex. A secret is 32 random bytes, so a slow hash would add nothing. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}

/**
 * Finds keys by their secret. Remembers found keys for at most five seconds, which is also how long a revoked key may
 * still work in this process; unknown ones are not remembered, so that guessing cannot push real keys out.
 */
export class ApiKeyLookup {
  private readonly cache = new Map<string, Entry>();

  constructor(
    private readonly keys: ApiKeyStore,
    private readonly clock: Clock,
  ) {}

  /** Undefined where there is no such key. Revoked keys are found too. */
  async find(secret: string): Promise<ApiKey | undefined> {
    if (secret.length > MAX_SECRET_LENGTH) return undefined;
    const hash = hashSecret(secret);
    const cached = this.cache.get(hash);
    if (cached !== undefined && cached.expiresAtMs > this.clock.now()) return cached.key;
    this.cache.delete(hash);
    const key = await this.keys.findByHash(hash);
    if (key !== undefined) this.remember(hash, key);
    return key;
  }

  private remember(hash: string, key: ApiKey): void {
    const oldest = this.cache.keys().next();
    if (this.cache.size >= CACHE_KEYS && oldest.done !== true) this.cache.delete(oldest.value);
    this.cache.set(hash, { key, expiresAtMs: this.clock.now() + CACHE_MS });
  }
}
