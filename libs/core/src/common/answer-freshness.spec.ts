import { answerFreshMs } from './answer-freshness';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const SECOND = 1000;
const HOUR = 3_600_000;

describe('answerFreshMs', () => {
  it.each<[string, number, number, number]>([
    ['a range that includes now', 0, HOUR, SECOND],
    ['a range that ends in the future', -HOUR, HOUR, SECOND],
    ['a range that has just ended', 5 * SECOND, HOUR, SECOND],
    ['an old range, asked for the first time', 24 * HOUR, 0, SECOND],
    ['an old range whose answer has been the same for a while', 24 * HOUR, 20 * SECOND, 20 * SECOND],
    ['an old range whose answer has long been the same', 24 * HOUR, HOUR, 60 * SECOND],
    ['a range of some minutes ago', 100 * SECOND, HOUR, 10 * SECOND],
    ['clocks that disagree', HOUR, -HOUR, SECOND],
  ])('%s', (_case, ageMs, unchangedMs, freshMs) => {
    const question = { endMs: NOON - ageMs, askedAtMs: NOON, unchangedSinceMs: NOON - unchangedMs };
    expect(answerFreshMs(question, 60 * SECOND)).toBe(freshMs);
  });
});
