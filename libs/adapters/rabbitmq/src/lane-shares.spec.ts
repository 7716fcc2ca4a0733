import { laneShares } from './lane-shares';

describe('laneShares', () => {
  it.each<[string, number, number, number, number]>([
    ['nothing waits: most to the fresh lane', 0, 0, 0.75, 0.25],
    ['new data keep the workers busy', 0.75, 0, 0.75, 0.25],
    ['both wait: as they are taken', 0.75, 0.25, 0.75, 0.25],
    ['new data need more than a trickle does, beside a backlog', 0.07, 0.8, 0.75, 0.25],
    ['a backlog beside a trickle of new data: nearly all to the backlog', 0.06, 0.25, 0.125, 0.875],
    ['a trickle in each', 0.01, 0.01, 0.75, 0.25],
  ])('%s', (_, fresh, backlog, freshShare, backlogShare) => {
    const shares = laneShares({ fresh, backlog });
    expect(shares).toEqual({ fresh: freshShare, backlog: backlogShare });
    expect(shares.fresh + shares.backlog).toBe(1);
  });
});
