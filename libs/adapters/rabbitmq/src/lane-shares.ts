import type { QueueLane } from '../../../core/src/ingest/queue-lane';

type ByLane<Value> = Readonly<Record<QueueLane, Value>>;

const FRESH_FIRST: ByLane<number> = { fresh: 3 / 4, backlog: 1 / 4 };
const BACKLOG_FIRST: ByLane<number> = { fresh: 1 / 8, backlog: 7 / 8 };
/** Half of the least share: a lane that lately held no more gets by with that share. */
const IS_LITTLE = 1 / 16;

/**
 * What each lane of a queue may have of what a consumer holds ahead of its writes, one in all: as they are taken, unless a
 * backlog waits beside a trickle of new data, which then has nearly all, so that a drain is as fast as with one lane.
 * @param held the most that each lane held lately, as a share of what may be held
 */
export function laneShares(held: ByLane<number>): ByLane<number> {
  return held.fresh < IS_LITTLE && held.backlog >= IS_LITTLE ? BACKLOG_FIRST : FRESH_FIRST;
}
