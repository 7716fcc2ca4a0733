import { planDetection, stepOf } from './plan-detection';
import type { SeriesProgress } from './stored-anomaly';

const MINUTE = 60_000;
const NOW = 28_333_334 * MINUTE;
const seriesOf = (metricName: string) => ({ metricName, serviceName: 'api', tags: {} });
const stand = (metricName: string, judgedToMs: number, method = 'adaptive/1'): SeriesProgress => ({
  ...seriesOf(metricName),
  method,
  judgedToMs,
  recent: [],
});

describe('planDetection', () => {
  it('ends with the last whole minute before the delay', () => {
    expect(planDetection([], NOW + 4000, 5000).range.toMs).toBe(NOW - MINUTE);
    expect(planDetection([], NOW + 5000, 5000).range.toMs).toBe(NOW);
  });

  it.each<[string, readonly SeriesProgress[], number]>([
    ['an hour where nothing is known', [], 60],
    ['the last minute where all is done', [stand('a', NOW)], 1],
    ['from the one furthest behind', [stand('a', NOW - MINUTE), stand('b', NOW - 7 * MINUTE)], 7],
    ['not from one that is too far behind', [stand('a', NOW - 2 * MINUTE), stand('b', NOW - 61 * MINUTE)], 2],
  ])('reads %s', (_what, progress, minutes) => {
    expect(planDetection(progress, NOW, 0).range).toEqual({ fromMs: NOW - minutes * MINUTE, toMs: NOW });
  });

  it.each<[string, readonly number[], number]>([
    ['all that is read where nothing is known', [], 60],
    ['what the run before has not, however far behind others are', [7, 1, 5], 1],
    ['the same once more where this run has begun before', [0, 3], 3],
  ])('scores services over %s', (_what, minutesBehind, minutes) => {
    const progress = minutesBehind.map((behind) => stand(`m${behind}`, NOW - behind * MINUTE));
    expect(planDetection(progress, NOW, 0).scoreFromMs).toBe(NOW - minutes * MINUTE);
  });
});

describe('stepOf', () => {
  const plan = planDetection(
    [
      stand('done', NOW),
      stand('behind', NOW - 7 * MINUTE),
      stand('old', NOW - 30 * MINUTE, 'adaptive/0'),
      stand('lost', NOW - 90 * MINUTE),
    ],
    NOW,
    0,
  );
  it.each<[string, object]>([
    ['done', { kind: 'done' }],
    ['behind', { kind: 'continue', fromMs: NOW - 7 * MINUTE }],
    ['old', { kind: 'anew', judgeFromMs: NOW - 30 * MINUTE, expectedToMs: NOW - 30 * MINUTE }],
    ['lost', { kind: 'anew', judgeFromMs: NOW - 60 * MINUTE, expectedToMs: NOW - 90 * MINUTE }],
    ['unknown', { kind: 'anew', judgeFromMs: NOW - 60 * MINUTE }],
  ])('%s', (metricName, expected) => {
    expect(stepOf(plan, seriesOf(metricName), 'adaptive/1')).toEqual(expected);
  });
});
