import { randomUUID } from 'node:crypto';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { connectToTestRedis } from '../../../../test/support/test-redis';
import { rateLimiterConformance } from '../../../conformance/src/rate-limiter.conformance';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { scopeOfProject } from '../../../core/src/projects/project-scope';
import { RedisRateLimiter } from './redis-rate-limiter';

describeWithEngine('redis', 'RedisRateLimiter', (url) => {
  rateLimiterConformance('Redis', async () => {
    const { connection } = await connectToTestRedis(url);
    return { limiter: new RedisRateLimiter(connection), end: () => connection.close() };
  });

  it.each<[string, (key: string) => readonly [string, ...string[]]]>([
    ['another type', (key) => ['SET', key, 'of somebody else']],
    ['a debt without end', (key) => ['HSET', key, 'tokens', '-1e300', 'at', '0']],
    ['no numbers', (key) => ['HSET', key, 'tokens', 'many', 'at', 'noon']],
  ])('holds to the limit where its key has %s', async (_, commandOn) => {
    const { connection, lines } = await connectToTestRedis(url);
    const limiter = new RedisRateLimiter(connection);
    const scope = scopeOfProject(asId<ProjectId>(randomUUID()));
    const bucket = { capacity: 2, refillPerSecond: 0.001 };
    try {
      lines.length = 0;
      const [command, ...values] = commandOn(`opspilot:rate:${scope.projectId}:any`);
      await connection.run((client) => client.call(command, ...values));
      const admitted: boolean[] = [];
      for (let request = 0; request < 6; request++)
        admitted.push((await limiter.take(scope, 'any', bucket)).isAdmitted);
      expect(admitted.slice(2)).toEqual([false, false, false, false]);
      expect(lines).toEqual([]);
    } finally {
      await connection.close();
    }
  });
});
