import { newScope } from '../../../../test/support/new-scope';
import { rateLimiterConformance } from '../../../conformance/src/rate-limiter.conformance';
import { systemClock } from '../../../core/src/common/clock';
import { LocalRateLimiter } from './local-rate-limiter';

rateLimiterConformance('this process', async () => ({
  limiter: new LocalRateLimiter(systemClock),
  end: async () => undefined,
}));

describe('LocalRateLimiter', () => {
  it('forgets the buckets not used for longest when they are too many', async () => {
    const limiter = new LocalRateLimiter({ now: () => 0 }, 2);
    const scope = newScope();
    const take = async (subject: string) =>
      (await limiter.take(scope, subject, { capacity: 1, refillPerSecond: 1 })).isAdmitted;
    expect([await take('a'), await take('b'), await take('a'), await take('c')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect([await take('a'), await take('b')]).toEqual([false, true]);
  });
});
