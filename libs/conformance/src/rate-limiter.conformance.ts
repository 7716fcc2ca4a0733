import { newScope } from '../../../test/support/new-scope';
import { waitFor } from '../../../test/support/wait-for';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { RateLimiter } from '../../core/src/projects/rate-limiter.port';

/** Slow enough that no token comes back while a test takes some. */
const SLOW = { capacity: 3, refillPerSecond: 0.001 };

/** What every RateLimiter promises. */
export function rateLimiterConformance(
  name: string,
  start: () => Promise<{ readonly limiter: RateLimiter; end(): Promise<void> }>,
): void {
  describe(`RateLimiter on ${name}`, () => {
    let engine: Awaited<ReturnType<typeof start>>;
    let limiter: RateLimiter;
    let mine: ProjectScope;

    beforeAll(async () => {
      engine = await start();
      limiter = engine.limiter;
    });
    beforeEach(() => {
      mine = newScope();
    });
    afterAll(() => engine.end());

    it('admits as many as the bucket holds, then says when to come again', async () => {
      const decisions = [];
      for (let taken = 0; taken < 4; taken++) decisions.push(await limiter.take(mine, 'key', SLOW));
      expect(decisions.slice(0, 3)).toEqual(
        [2, 1, 0].map((remaining) => ({ isAdmitted: true, remaining, retryAfterMs: 0 })),
      );
      expect(decisions[3]).toMatchObject({ isAdmitted: false, remaining: 0 });
      expect(decisions[3]?.retryAfterMs).toBeGreaterThan(900_000);
      expect(decisions[3]?.retryAfterMs).toBeLessThanOrEqual(1_000_000);
    });

    it('admits no more than the bucket holds to callers that race', async () => {
      const decisions = await Promise.all(
        Array.from({ length: 50 }, () => limiter.take(mine, 'key', { ...SLOW, capacity: 20 })),
      );
      expect(decisions.filter(({ isAdmitted }) => isAdmitted)).toHaveLength(20);
    });

    it('gives each subject of each project a bucket of its own', async () => {
      const theirs = newScope();
      const one = { ...SLOW, capacity: 1 };
      for (const [scope, subject] of [
        [mine, 'a'],
        [mine, 'b'],
        [theirs, 'a'],
      ] as const) {
        expect(await limiter.take(scope, subject, one)).toMatchObject({ isAdmitted: true });
        expect(await limiter.take(scope, subject, one)).toMatchObject({ isAdmitted: false });
      }
    });

    it('admits no more than a bucket held and what came back meanwhile, where that is quick', async () => {
      const quick = { capacity: 100, refillPerSecond: 50 };
      const startedAtMs = performance.now();
      let admitted = 0;
      for (let taken = 0; taken < 300; taken++)
        if ((await limiter.take(mine, 'key', quick)).isAdmitted) admitted += 1;
      const seconds = (performance.now() - startedAtMs) / 1000;
      expect(admitted).toBeGreaterThanOrEqual(100);
      expect(admitted).toBeLessThanOrEqual(100 + 50 * seconds + 1);
    });

    it('refills', async () => {
      const quick = { capacity: 1, refillPerSecond: 20 };
      await limiter.take(mine, 'key', quick);
      await waitFor('the next token', async () => {
        const { isAdmitted } = await limiter.take(mine, 'key', quick);
        return isAdmitted || undefined;
      });
    });
  });
}
