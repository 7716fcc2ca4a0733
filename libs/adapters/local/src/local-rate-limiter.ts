import type { Clock } from '../../../core/src/common/clock';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { RateLimiter } from '../../../core/src/projects/rate-limiter.port';
import {
  type BucketLevel,
  type RateDecision,
  takeToken,
  type TokenBucket,
} from '../../../core/src/projects/token-bucket';

const MAX_BUCKETS = 10_000;

/** Token buckets of this process. Beyond ten thousand, the one not used for longest is forgotten, and so is full again. */
export class LocalRateLimiter extends RateLimiter {
  private readonly levels = new Map<string, BucketLevel>();

  constructor(
    private readonly clock: Clock,
    private readonly maxBuckets = MAX_BUCKETS,
  ) {
    super();
  }

  override async take(scope: ProjectScope, subject: string, bucket: TokenBucket): Promise<RateDecision> {
    const key = `${scope.projectId}:${subject}`;
    const { level, decision } = takeToken(this.levels.get(key), bucket, this.clock.now());
    // A Map keeps the order of insertion: the first key is the one not used for longest.
    this.levels.delete(key);
    this.levels.set(key, level);
    const oldest = this.levels.keys().next();
    if (this.levels.size > this.maxBuckets && oldest.done !== true) this.levels.delete(oldest.value);
    return decision;
  }
}
