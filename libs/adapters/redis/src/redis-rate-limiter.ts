import type { Result } from 'ioredis';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { RateLimiter } from '../../../core/src/projects/rate-limiter.port';
import type { RateDecision, TokenBucket } from '../../../core/src/projects/token-bucket';
import type { RedisConnection } from './redis-connection';

const KEY_PREFIX = 'opspilot:rate:';
/** No project has it. */
const PROBE_KEY = `${KEY_PREFIX}probe`;

/**
 * takeToken of core, where all processes meet. It asks Redis for the time, as the processes' own clocks differ; and a
 * bucket is forgotten when it is full again, which is what a bucket that nobody knows is. What somebody else put where a bucket
 * belongs would lift its limit for good: it makes way for a full one.
 */
const TAKE_TOKEN = `
local capacity, per_ms = tonumber(ARGV[1]), tonumber(ARGV[2]) / 1000
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local kept = redis.pcall('HMGET', KEYS[1], 'tokens', 'at')
if kept.err then
  redis.call('DEL', KEYS[1])
  kept = {}
end
local elapsed = math.max(0, now - (tonumber(kept[2]) or now))
local tokens = math.max(0, math.min(capacity, (tonumber(kept[1]) or capacity) + elapsed * per_ms))
local admitted, wait = 0, 0
if tokens >= 1 then
  tokens = tokens - 1
  admitted = 1
else
  wait = math.ceil((1 - tokens) / per_ms)
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.9g', tokens), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / per_ms) + 1000)
return { admitted, math.floor(tokens), wait }
`;

const SCRIPT_NAME = 'opspilotTakeToken';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    [SCRIPT_NAME](
      key: string,
      capacity: number,
      refillPerSecond: number,
    ): Result<[admitted: number, remaining: number, retryAfterMs: number], Context>;
  }
}

/** Token buckets in Redis: one script, one round trip a token. */
export class RedisRateLimiter extends RateLimiter {
  private isUsed = false;

  constructor(private readonly connection: RedisConnection) {
    super();
    connection.define(SCRIPT_NAME, { numberOfKeys: 1, lua: TAKE_TOKEN });
  }

  override async take(scope: ProjectScope, subject: string, bucket: TokenBucket): Promise<RateDecision> {
    if (!this.isUsed) {
      this.isUsed = true;
      this.connection.probeWith((client) => client[SCRIPT_NAME](PROBE_KEY, 1, 1));
    }
    const key = `${KEY_PREFIX}${scope.projectId}:${subject}`;
    const taken = await this.connection.run((client) =>
      client[SCRIPT_NAME](key, bucket.capacity, bucket.refillPerSecond),
    );
    if (taken === undefined) return { isAdmitted: true, remaining: bucket.capacity, retryAfterMs: 0 };
    const [admitted, remaining, retryAfterMs] = taken;
    return { isAdmitted: admitted === 1, remaining, retryAfterMs };
  }
}
