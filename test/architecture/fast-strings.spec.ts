import { setFlagsFromString } from 'node:v8';
import { pino } from 'pino';
import '../../apps/opspilot/src/opspilot.module';
import { RedisConnection } from '../../libs/adapters/redis/src/redis-connection';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import '../../libs/runtime/src/run-role';

setFlagsFromString('--allow-natives-syntax');
const hasFastStringMethods = new Function('return %HasFastProperties(String.prototype)') as () => boolean;
setFlagsFromString('--no-allow-natives-syntax');

describe('the code that roles load', () => {
  it('leaves the methods of strings fast: see restore-string-methods.ts', async () => {
    // Packages are loaded when they are first used.
    const redis = new RedisConnection({
      url: 'redis://127.0.0.1:1',
      timeoutMs: 100,
      applicationName: 'test',
      log: pino({ level: 'silent' }),
      metrics: createMetricsRegistry('test'),
    });
    await redis.close();
    expect(hasFastStringMethods()).toBe(true);
  });
});
