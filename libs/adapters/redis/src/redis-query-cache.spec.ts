import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { connectToTestRedis } from '../../../../test/support/test-redis';
import { queryCacheConformance } from '../../../conformance/src/query-cache.conformance';
import { RedisQueryCache } from './redis-query-cache';

describeWithEngine('redis', 'RedisQueryCache', (url) => {
  queryCacheConformance('Redis', async () => {
    const { connection } = await connectToTestRedis(url);
    return { cache: new RedisQueryCache(connection, 1000), end: () => connection.close() };
  });
});
