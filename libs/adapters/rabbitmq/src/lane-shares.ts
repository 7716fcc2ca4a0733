import type { QueueLane } from '../../../core/src/ingest/queue-lane';

type ByLane<Value> = Readonly<Record<QueueLane, Value>>;

const FRESH_FIRST: ByLane<number> = { fresh: 3 / 4, backlog: 1 / 4 };
const BACKLOG_FIRST: ByLane<number> = { fresh: 1 / 8, backlog: 7 / 8 };

/**
 * What each lane of a queue may have of what a consumer holds ahead of its writes, one in all. A lane that lately had all
 * that it may have could use more; one that did not gets by with little, so that a drain is as fast as with one lane.
 */
export function laneShares(couldUseMore: ByLane<boolean>): ByLane<number> {
  return couldUseMore.backlog && !couldUseMore.fresh ? BACKLOG_FIRST : FRESH_FIRST;
}
