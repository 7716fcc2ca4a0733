import fc from 'fast-check';
import { laneToPublish, laneToTake, leadAfter, type QueueLane } from './queue-lane';

const BOTH = { fresh: true, backlog: true };
const FRESH = { fresh: true, backlog: false };
const BACKLOG = { fresh: false, backlog: true };
const NEITHER = { fresh: false, backlog: false };

describe('laneToPublish', () => {
  it.each<[string, number, QueueLane]>([
    ['nothing waits', 0, 'fresh'],
    ['as much waits as may', 100, 'fresh'],
    ['more waits than that', 101, 'backlog'],
  ])('where %s', (_, freshBytes, lane) => {
    expect(laneToPublish(freshBytes, 100)).toBe(lane);
  });
});

describe('laneToTake', () => {
  it.each<[string, number, typeof BOTH, QueueLane | undefined]>([
    ['both have messages and neither is ahead: the fresh one', 0, BOTH, 'fresh'],
    ['the backlog is ahead of its share: the fresh one', -1, BOTH, 'fresh'],
    ['the fresh one is ahead of its share: the backlog', 1, BOTH, 'backlog'],
    ['only the fresh one has messages, however far it is ahead', 1e9, FRESH, 'fresh'],
    ['only the backlog has messages, however far it is ahead', -1e9, BACKLOG, 'backlog'],
    ['both are empty', 0, NEITHER, undefined],
  ])('%s', (_, lead, has, lane) => {
    expect(laneToTake(lead, has)).toBe(lane);
  });
});

describe('leadAfter', () => {
  it.each<[string, number, QueueLane, typeof BOTH, number]>([
    ['counts a third of what the fresh lane got', 30, 'fresh', BOTH, 130],
    ['counts all of what the backlog got', 30, 'backlog', BOTH, -270],
    ['forgets the lead where the backlog is empty', 30, 'fresh', FRESH, 0],
    ['forgets the lead where the fresh lane is empty', -30, 'backlog', BACKLOG, 0],
  ])('%s', (_, lead, taken, has, after) => {
    expect(leadAfter(lead, taken, 300, has)).toBe(after);
  });

  it('gives three quarters of the bytes to the fresh lane and one to the backlog, whatever the sizes of messages', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(sizes, (messages) => {
        const taken = { fresh: 0, backlog: 0 };
        let lead = 0;
        for (const bytes of messages) {
          const lane = laneToTake(lead, BOTH);
          if (lane === undefined) throw new Error('both have messages');
          taken[lane] += bytes;
          lead = leadAfter(lead, lane, bytes, BOTH);
        }
        // Never further off than one message.
        expect(Math.abs(taken.fresh / 3 - taken.backlog)).toBeLessThanOrEqual(1000);
      }),
    );
  });
});
