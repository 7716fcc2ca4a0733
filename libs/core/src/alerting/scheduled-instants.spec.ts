import fc from 'fast-check';
import { dueInstants } from './scheduled-instants';

const NOW = Date.UTC(2026, 0, 1, 12);
const usual = { intervalSeconds: 10, scheduledAtMs: NOW, catchUpMs: 60_000, limit: 100 } as const;

describe('dueInstants', () => {
  it.each([
    ['every tick after the last', NOW - 10_000, [0], 0],
    ['a tick that is done already', NOW, [], 0],
    ['a tick that is overtaken', NOW + 30_000, [], 0],
    ['missed ticks', NOW - 40_000, [-30, -20, -10, 0], 0],
    ['missed ticks beyond the catch-up', NOW - 100_000, [-60, -50, -40, -30, -20, -10, 0], 3],
    ['a cursor between two instants', NOW - 15_000, [-10, 0], 0],
  ])('%s', (_what, cursorMs, seconds, givenUp) => {
    expect(dueInstants({ ...usual, cursorMs })).toEqual({
      instants: seconds.map((offset) => NOW + offset * 1000),
      givenUp,
      isBehind: false,
    });
  });

  it.each([
    ['after what the schedule has done', NOW, 100, [3]],
    ['after what the schedule has missed', NOW - 20_000, 100, [-10, 0, 3]],
    ['not where more was missed than one run makes up for', NOW - 30_000, 2, [-20, -10]],
    ['not again', NOW + 3000, 100, []],
    ['not once something later is done', NOW + 10_000, 100, []],
  ])('judges a requested instant %s', (_what, cursorMs, limit, seconds) => {
    expect(dueInstants({ ...usual, requestedAtMs: NOW + 3000, limit, cursorMs }).instants).toEqual(
      seconds.map((offset) => NOW + offset * 1000),
    );
  });

  it('does the schedule no harm with instants that were asked for in between', () => {
    const done = NOW + 3000;
    expect(dueInstants({ ...usual, scheduledAtMs: NOW + 10_000, cursorMs: done }).instants).toEqual([
      NOW + 10_000,
    ]);
    expect(dueInstants({ ...usual, scheduledAtMs: NOW + 20_000, cursorMs: done }).instants).toEqual([
      NOW + 10_000,
      NOW + 20_000,
    ]);
  });

  it('takes the oldest first where there are too many for one run', () => {
    expect(dueInstants({ ...usual, cursorMs: NOW - 50_000, limit: 2 }).instants).toEqual([
      NOW - 40_000,
      NOW - 30_000,
    ]);
  });

  it('leaves no instant out and takes none twice, however the runs fall', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 9 }),
        (skips, limit) => {
          let cursorMs = NOW;
          let scheduledAtMs = NOW;
          const seen: number[] = [];
          const run = () => {
            const { instants } = dueInstants({
              ...usual,
              catchUpMs: 3_600_000,
              limit,
              cursorMs,
              scheduledAtMs,
            });
            seen.push(...instants);
            cursorMs = instants.at(-1) ?? cursorMs;
          };
          for (const skip of skips) {
            scheduledAtMs += skip * 10_000;
            run();
          }
          for (let rest = 0; rest < 200; rest++) run();
          const all = Array.from(
            { length: (scheduledAtMs - NOW) / 10_000 },
            (_, index) => NOW + (index + 1) * 10_000,
          );
          expect(seen).toEqual(all);
        },
      ),
    );
  });
});
