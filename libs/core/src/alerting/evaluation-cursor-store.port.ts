import type { ProjectScope } from '../projects/project-scope';
import type { IntervalSeconds } from './rule';

/**
 * Up to which scheduled instant a project's rules of one interval have been evaluated and their transitions handed
 * over, so that a late run evaluates what was missed. One per project, not per shard: a project whose store fails
 * holds up nobody else, and the number of shards can change at any time.
 */
export abstract class EvaluationCursorStore {
  /**
   * Says that instants up to this one are going to be judged, before anything is read for it: from then on
   * RuleStateStore.saveRequested refuses earlier ones. Never moves back.
   */
  abstract claim(scope: ProjectScope, intervalSeconds: IntervalSeconds, throughMs: number): Promise<void>;
  abstract load(scope: ProjectScope, intervalSeconds: IntervalSeconds): Promise<number | undefined>;
  /** Never moves back. */
  abstract advance(
    scope: ProjectScope,
    intervalSeconds: IntervalSeconds,
    evaluatedThroughMs: number,
  ): Promise<void>;
}
