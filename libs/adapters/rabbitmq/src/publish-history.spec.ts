import { PublishHistory } from './publish-history';

describe('PublishHistory', () => {
  it('estimates nothing of an empty queue', () => {
    const history = new PublishHistory();
    history.add(100, 0);
    expect(history.estimate(0, 5000)).toEqual({ bytes: 0, ageMs: 0 });
  });

  it('takes the last that were published for those that wait', () => {
    const history = new PublishHistory();
    history.add(1000, 0);
    history.add(10, 10_000);
    history.add(30, 20_000);
    expect(history.estimate(2, 21_000)).toEqual({ bytes: 40, ageMs: 11_000 });
  });

  it('extends to more than were published here, for others publish too', () => {
    const history = new PublishHistory();
    history.add(10, 0);
    expect(history.estimate(100, 3000)).toEqual({ bytes: 1000, ageMs: 3000 });
  });

  it('goes by the size of what was received where nothing was published here', () => {
    expect(new PublishHistory().estimate(10, 0, 7)).toEqual({ bytes: 70, ageMs: 0 });
    expect(new PublishHistory().estimate(10, 0)).toEqual({ bytes: 0, ageMs: 0 });
  });

  it('knows the mean size of what was published', () => {
    const history = new PublishHistory();
    expect(history.meanBytes()).toBeUndefined();
    for (const [bytes, atMs] of [
      [10, 0],
      [20, 0],
      [60, 5000],
    ] as const)
      history.add(bytes, atMs);
    expect(history.meanBytes()).toBe(30);
  });

  it('stays small however much is published', () => {
    const history = new PublishHistory();
    for (let second = 0; second < 5000; second++) history.add(1, second * 1000);
    expect(history.estimate(10_000, 5_000_000).bytes).toBe(10_000);
    expect(history.estimate(10_000, 5_000_000).ageMs).toBeLessThan(1_000_000);
  });
});
