import { createHash } from 'node:crypto';
import type { Stopwatch } from '../../core/src/common/stopwatch';
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
 * still work in this process; unknown ones are not remembered, so that guessing cannot push real keys out. By the secret, not
 * by its hash: to hash it costs as much as a small request's fingerprint.
 */
export class ApiKeyLookup {
  private readonly cache = new Map<string, Entry>();

  constructor(
    private readonly keys: ApiKeyStore,
    private readonly stopwatch: Stopwatch,
  ) {}

  /** Undefined where there is no such key. Revoked keys are found too. */
  async find(secret: string): Promise<ApiKey | undefined> {
    if (secret.length > MAX_SECRET_LENGTH) return undefined;
    const remembered = this.recall(secret);
    if (remembered !== undefined) return remembered;
    this.cache.delete(secret);
    const key = await this.keys.findByHash(hashSecret(secret));
    if (key !== undefined) this.remember(secret, key);
    return key;
  }

  /** The key, where it was found in the last five seconds. */
  recall(secret: string): ApiKey | undefined {
    const entry = this.cache.get(secret);
    return entry !== undefined && entry.expiresAtMs > this.stopwatch.readMs() ? entry.key : undefined;
  }

  private remember(secret: string, key: ApiKey): void {
    const oldest = this.cache.keys().next();
    if (this.cache.size >= CACHE_KEYS && oldest.done !== true) this.cache.delete(oldest.value);
    this.cache.set(secret, { key, expiresAtMs: this.stopwatch.readMs() + CACHE_MS });
  }
}
