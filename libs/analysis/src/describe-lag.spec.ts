import { describeLag } from './describe-lag';

describe('describeLag', () => {
  it.each([
    [-90_000, '90 s after'],
    [-13_501, '14 s after'],
    [-999, 'at the same moment as'],
    [0, 'at the same moment as'],
    [999, 'at the same moment as'],
    [4998, '5 s before'],
    [90_000, '90 s before'],
    [119_999, '120 s before'],
    [720_000, '12 min before'],
    [3 * 3_600_000, '3 h before'],
    [49 * 3_600_000, '2 days before'],
  ])('says %d ms as "%s"', (lagMs, words) => {
    expect(describeLag(lagMs)).toBe(words);
  });
});
