import type { INestApplicationContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Config } from '../../config/src/load-config';
import { OpsError } from '../../core/src/common/errors';
import type { ApiKey, ApiKeyPermission } from '../../core/src/projects/api-key';
import { scopeOfApiKey } from '../../core/src/projects/project-scope';
import { RateLimiter } from '../../core/src/projects/rate-limiter.port';
import type { TokenBucket } from '../../core/src/projects/token-bucket';
import type { AppMetrics } from '../../observability/src/app-metrics';

export type RateLimits = Pick<Config, 'RATE_LIMIT_INGEST_PER_SECOND' | 'RATE_LIMIT_API_PER_SECOND'>;

/** What a key may save up while it asks for nothing. */
const BURST_SECONDS = 2;

/** Holds each API key to its requests per second: those that send records, and all others, each by a limit of its own. */
export class RequestRate {
  private readonly buckets: Readonly<Record<'ingest' | 'api', TokenBucket | undefined>>;
  private readonly refused;
  private limiter: RateLimiter | undefined;

  constructor(
    private readonly app: INestApplicationContext,
    limits: RateLimits,
    metrics: AppMetrics,
  ) {
    this.buckets = {
      ingest: bucketOf(limits.RATE_LIMIT_INGEST_PER_SECOND),
      api: bucketOf(limits.RATE_LIMIT_API_PER_SECOND),
    };
    this.refused = metrics.counter({
      name: 'opspilot_http_rate_limited_total',
      help: 'Requests refused because their API key sent too many a second',
      labels: ['limit'],
    });
  }

  /** Whether requests with this permission are counted at all. */
  limits(permission: ApiKeyPermission): boolean {
    return this.buckets[limitOf(permission)] !== undefined;
  }

  /** Says in the answer's head what is left. Errors: OpsError `overloaded` where nothing is. */
  async admit(key: ApiKey, permission: ApiKeyPermission, reply: FastifyReply): Promise<void> {
    const limit = limitOf(permission);
    const bucket = this.buckets[limit];
    if (bucket === undefined) return;
    // Found when first needed: an application without guarded routes has none.
    this.limiter ??= this.app.get<RateLimiter>(RateLimiter, { strict: false });
    const decision = await this.limiter.take(scopeOfApiKey(key), `${limit}:${key.id}`, bucket);
    const retryAfterSeconds = Math.ceil(decision.retryAfterMs / 1000);
    // draft-ietf-httpapi-ratelimit-headers-10
    reply.header('ratelimit-policy', `"${limit}";q=${bucket.capacity};w=${BURST_SECONDS}`);
    reply.header('ratelimit', `"${limit}";r=${decision.remaining};t=${retryAfterSeconds}`);
    if (decision.isAdmitted) return;
    this.refused.inc({ limit });
    throw new OpsError(
      'overloaded',
      'OPS_REQUEST_RATE',
      `this API key may send ${bucket.refillPerSecond} such requests a second; send fewer, or larger ones`,
      { retryAfterSeconds },
    );
  }
}

function limitOf(permission: ApiKeyPermission): 'ingest' | 'api' {
  return permission === 'ingest' ? 'ingest' : 'api';
}

function bucketOf(perSecond: number): TokenBucket | undefined {
  if (perSecond === 0) return undefined;
  return { capacity: perSecond * BURST_SECONDS, refillPerSecond: perSecond };
}
