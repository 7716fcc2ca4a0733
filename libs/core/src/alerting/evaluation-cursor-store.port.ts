import type { IntervalSeconds } from './rule';

/**
 * Up to which scheduled instant a shard's rules have been evaluated, so that a late run evaluates what was missed.
 * Without a ProjectScope: it belongs to the scheduler, not to a tenant.
 */
export abstract class EvaluationCursorStore {
  abstract load(intervalSeconds: IntervalSeconds, shard: number): Promise<number | undefined>;
  /** Never moves back. */
  abstract advance(
    intervalSeconds: IntervalSeconds,
    shard: number,
    evaluatedThroughMs: number,
  ): Promise<void>;
}
