import fc from 'fast-check';
import { LOG_LEVELS } from './log-level';
import { parseLevel } from './parse-level';

describe('parseLevel', () => {
  it.each<[unknown, string | undefined]>([
    ['ERROR', 'error'],
    ['Warning', 'warn'],
    ['ERR', 'error'],
    ['CRITICAL', 'fatal'],
    ['crit', 'fatal'],
    ['emerg', 'fatal'],
    ['ALERT', 'fatal'],
    ['panic', 'fatal'],
    ['NOTICE', 'info'],
    ['Informational', 'info'],
    ['SEVERE', 'error'],
    ['FINE', 'debug'],
    ['FINEST', 'trace'],
    ['verbose', 'trace'],
    ['W', 'warn'],
    [' [INFO]: ', 'info'],
    [0, 'fatal'],
    [3, 'error'],
    [4, 'warn'],
    [7, 'debug'],
    ['3', 'error'],
    [10, 'trace'],
    [20, 'debug'],
    [30, 'info'],
    [35, 'info'],
    ['40', 'warn'],
    [50, 'error'],
    [60, 'fatal'],
    [8, undefined],
    [70, undefined],
    [-1, undefined],
    [3.5, undefined],
    [Number.NaN, undefined],
    ['loud', undefined],
    ['', undefined],
    ['constructor', undefined],
    [null, undefined],
    [{}, undefined],
  ])('reads %j as %s', (input, expected) => {
    expect(parseLevel(input)).toBe(expected);
  });

  it('reads its own names back', () => {
    for (const level of LOG_LEVELS) expect(parseLevel(level)).toBe(level);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        const level = parseLevel(input);
        expect(level === undefined || LOG_LEVELS.includes(level)).toBe(true);
      }),
    );
  });
});
