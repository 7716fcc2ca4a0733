import { RecentCount } from './recent-count';

it('counts what has happened within the time, and forgets what is older', () => {
  const count = new RecentCount(1000);
  expect([0, 500, 999, 1000, 1600, 9000].map((nowMs) => count.note(nowMs))).toEqual([1, 2, 3, 3, 3, 1]);
});
