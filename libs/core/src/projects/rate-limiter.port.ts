import type { ProjectScope } from './project-scope';
import type { RateDecision, TokenBucket } from './token-bucket';

/**
 * Token buckets, shared by all processes that use the same engine. A limit is a courtesy between users, not a lock:
 * where the engine does not answer, everything is admitted, and no method ever rejects.
 */
export abstract class RateLimiter {
  /** Takes one token from the subject's bucket, if one is left. Subjects of different projects never share a bucket. */
  abstract take(scope: ProjectScope, subject: string, bucket: TokenBucket): Promise<RateDecision>;
}
