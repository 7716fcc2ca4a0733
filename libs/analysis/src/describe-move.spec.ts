import type { SeriesMove } from './compare-series';
import { describeMove } from './describe-move';

const MOVE: SeriesMove = {
  outcome: 'departed',
  direction: 'up',
  score: 20,
  expected: 80,
  spread: 5,
  level: 300,
  observed: 310,
  onsetMs: 0,
  isRate: false,
};

describe('describeMove', () => {
  it.each<[string, Partial<SeriesMove>]>([
    ['rose from 80 to 300', {}],
    ['rose from 80 to 300 (40000 at most)', { observed: 40_000 }],
    ['fell from 80 to 10 (0 at least)', { direction: 'down', level: 10, observed: 0 }],
    ['rose from 80 to 300 a second', { isRate: true }],
    ['hardly rose, from 80 to 81 (140 at most)', { outcome: 'steady', level: 81, observed: 140 }],
    ['stayed at 80', { outcome: 'steady', level: 80, observed: 80 }],
  ])('says "%s"', (words, change) => {
    expect(describeMove({ ...MOVE, ...change }, String, ' a second')).toBe(words);
  });
});
