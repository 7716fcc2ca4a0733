import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { connectToTestRedis } from '../../../../test/support/test-redis';
import { rateLimiterConformance } from '../../../conformance/src/rate-limiter.conformance';
import { RedisRateLimiter } from './redis-rate-limiter';

describeWithEngine('redis', 'RedisRateLimiter', (url) => {
  rateLimiterConformance('Redis', async () => {
    const { connection } = await connectToTestRedis(url);
    return { limiter: new RedisRateLimiter(connection), end: () => connection.close() };
  });
});
