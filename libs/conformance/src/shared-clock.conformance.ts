import type { SharedClock } from '../../core/src/common/shared-clock.port';

/** What every SharedClock promises. */
export function sharedClockConformance(
  name: string,
  start: () => Promise<{ readonly clock: SharedClock; end(): Promise<void> }>,
): void {
  describe(`SharedClock on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;

    beforeAll(async () => {
      engine = await start();
    });
    afterEach(() => jest.restoreAllMocks());
    afterAll(() => engine.end());

    it('says the same whatever the clock of the process that asks says', async () => {
      const before = await engine.clock.now();
      jest.spyOn(Date, 'now').mockReturnValue(before + 3_600_000);
      const after = await engine.clock.now();
      expect(after).toBeGreaterThanOrEqual(before);
      expect(after).toBeLessThan(before + 3_600_000);
    });

    it('goes on within a request, in whole milliseconds', async () => {
      const first = await engine.clock.now();
      let next = first;
      for (let asked = 0; asked < 10_000 && next === first; asked++) next = await engine.clock.now();
      expect(next).toBeGreaterThan(first);
      expect([first, next].every(Number.isSafeInteger)).toBe(true);
    });
  });
}
