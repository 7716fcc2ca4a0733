import { QueryCache } from '../../../core/src/common/query-cache.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { RedisConnection } from './redis-connection';

const KEY_PREFIX = 'opspilot:answer:';

/** Answers kept in Redis, where all processes find them. How many it keeps is bounded by Redis' own maxmemory and by their age. */
export class RedisQueryCache extends QueryCache {
  constructor(
    private readonly connection: RedisConnection,
    private readonly maxEntryBytes: number,
  ) {
    super();
  }

  override async get(scope: ProjectScope, key: string): Promise<string | undefined> {
    return (await this.connection.run((client) => client.get(keyOf(scope, key)))) ?? undefined;
  }

  override async set(scope: ProjectScope, key: string, text: string, ttlMs: number): Promise<void> {
    if (Buffer.byteLength(text) > this.maxEntryBytes) {
      await this.connection.run((client) => client.del(keyOf(scope, key)));
      return;
    }
    await this.connection.run((client) => client.set(keyOf(scope, key), text, 'PX', Math.ceil(ttlMs)));
  }
}

function keyOf(scope: ProjectScope, key: string): string {
  return `${KEY_PREFIX}${scope.projectId}:${key}`;
}
