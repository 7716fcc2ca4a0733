import fc from 'fast-check';
import { decodeKeptAnswer, encodeKeptAnswer, isFresh, toCacheableQuestion } from './kept-answer';

describe('kept answers', () => {
  it('come out of the cache as they went in', () => {
    const instant = fc.nat(Number.MAX_SAFE_INTEGER);
    const answer = fc.record({
      askedAtMs: instant,
      freshMs: instant,
      unchangedSinceMs: instant,
      body: fc.string(),
    });
    fc.assert(
      fc.property(answer, (given) => {
        expect(decodeKeptAnswer(encodeKeptAnswer(given))).toEqual(given);
      }),
    );
  });

  it.each([
    undefined,
    '',
    '{}',
    '1 2 3',
    '-1 2 3\n{}',
    '1 2\n{}',
    '1 2 3 4\n{}',
    'x y z\n{}',
    `1 ${'9'.repeat(400)} 3\n{}`,
  ])('do not come from %p', (text) => {
    expect(decodeKeptAnswer(text)).toBeUndefined();
  });

  it.each([
    ['before it was asked for', 999, false],
    ['at once', 1000, true],
    ['as long as it is fresh', 1059, true],
    ['no longer', 1060, false],
  ])('are shown again %s', (_when, nowMs, isShown) => {
    const answer = { askedAtMs: 1000, freshMs: 60, unchangedSinceMs: 0, body: '{}' };
    expect(isFresh(answer, nowMs)).toBe(isShown);
  });
});

describe('toCacheableQuestion', () => {
  const END = '2026-03-10T12:00:00Z';

  it.each<[string, Record<string, unknown>, number | undefined]>([
    ['no range', {}, undefined],
    ['a range that moves', { start_time: 'now-1h', end_time: 'now' }, undefined],
    ['a start that moves', { start_time: 'now-1h', end_time: END }, undefined],
    ['an end alone', { end_time: END }, Date.parse(END)],
    ['a start alone', { start_time: END }, undefined],
    ['two instants', { start_time: '2026-03-10T11:00:00Z', end_time: END }, Date.parse(END)],
  ])('knows where %s ends', (_case, parameters, endMs) => {
    expect(toCacheableQuestion('/x', parameters)?.endMs).toBe(endMs);
  });

  it('gives a key to each route and set of parameters, in whatever order, and says nothing of what they are', () => {
    const keyOf = (route: string, parameters: object) => toCacheableQuestion(route, { ...parameters })?.key;
    expect(keyOf('/x', { a: '1', b: '2' })).toBe(keyOf('/x', { b: '2', a: '1' }));
    const others = [
      keyOf('/x', { a: '1', b: '2' }),
      keyOf('/y', { a: '1', b: '2' }),
      keyOf('/x', { a: '1' }),
      keyOf('/x', { a: '1b', '': '2' }),
      keyOf('/x', { search: 'hunter2' }),
    ];
    expect(new Set(others).size).toBe(others.length);
    expect(others.join()).not.toContain('hunter2');
  });

  it('leaves what the contract will refuse to the contract', () => {
    expect(toCacheableQuestion('/x', { a: ['1', '2'] })).toBeUndefined();
    expect(toCacheableQuestion('/x', { end_time: 'yesterday' })).toBeUndefined();
    expect(toCacheableQuestion('/x', { start_time: 'yesterday', end_time: END })).toBeUndefined();
  });
});
