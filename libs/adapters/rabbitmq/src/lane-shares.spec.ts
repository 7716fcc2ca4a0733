import { laneShares } from './lane-shares';

describe('laneShares', () => {
  it.each<[string, boolean, boolean, number, number]>([
    ['nothing waits: most to the fresh lane', false, false, 0.75, 0.25],
    ['new data keep the workers busy', true, false, 0.75, 0.25],
    ['both wait: as they are taken', true, true, 0.75, 0.25],
    ['a backlog beside a trickle of new data: nearly all to the backlog', false, true, 0.125, 0.875],
  ])('%s', (_, fresh, backlog, freshShare, backlogShare) => {
    expect(laneShares({ fresh, backlog })).toEqual({ fresh: freshShare, backlog: backlogShare });
  });

  it('never hands out more than there is', () => {
    for (const fresh of [false, true])
      for (const backlog of [false, true]) {
        const shares = laneShares({ fresh, backlog });
        expect(shares.fresh + shares.backlog).toBe(1);
      }
  });
});
