/**
 * A queue's two lanes. What comes while more waits than is taken within seconds goes to the backlog, so that what comes
 * after it, when the store is back, does not have to wait until all of it is stored.
 */
export const QUEUE_LANES = ['fresh', 'backlog'] as const;
export type QueueLane = (typeof QUEUE_LANES)[number];

type HasMessages = Readonly<Record<QueueLane, boolean>>;

/** What each lane gets of the bytes that are taken while both have messages. */
const SHARES = { fresh: 3, backlog: 1 } as const;

/** Where new batches go, by the bytes that wait in the fresh lane. */
export function laneToPublish(freshBytes: number, maxFreshBytes: number): QueueLane {
  return freshBytes > maxFreshBytes ? 'backlog' : 'fresh';
}

/**
 * The lane to take the next message from; undefined where both are empty.
 * @param lead by how many bytes the fresh lane is ahead of its share, as leadAfter counts them; 0 at first
 */
export function laneToTake(lead: number, has: HasMessages): QueueLane | undefined {
  if (has.fresh && has.backlog) return lead <= 0 ? 'fresh' : 'backlog';
  if (has.fresh) return 'fresh';
  return has.backlog ? 'backlog' : undefined;
}

/**
 * The lead after so many bytes were taken from a lane. Only while both lanes have messages is anything counted: a lane that
 * was empty neither saves up turns for later nor owes any. (Stride scheduling, Waldspurger and Weihl 1995, for two.)
 */
export function leadAfter(lead: number, taken: QueueLane, bytes: number, has: HasMessages): number {
  if (!has.fresh || !has.backlog) return 0;
  return taken === 'fresh' ? lead + bytes / SHARES.fresh : lead - bytes / SHARES.backlog;
}
