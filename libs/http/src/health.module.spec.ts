import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expectProblem } from '../../../test/support/expect-problem';
import { startThingsApp, type ThingsWorld } from '../../../test/support/things-app';

let app: NestFastifyApplication;
let world: ThingsWorld;

beforeAll(async () => {
  ({ app, world } = await startThingsApp());
});
afterAll(() => app.close());

describe('health', () => {
  afterEach(() => {
    world.databaseIsUp = true;
    world.metricsRequireKey = false;
  });

  it('tells what the process is and that it is alive', async () => {
    world.nowMs = 1_090_000;
    const answer = await app.inject('/health');
    expect(answer.json()).toMatchObject({
      status: 'ok',
      roles: ['test'],
      version: '1.2.3',
      uptime_seconds: 90,
      checks: [{ name: 'database', status: 'up' }],
    });
    expect((await app.inject('/healthz')).body).toBe('ok');
  });

  it('is not ready while something it depends on does not answer, and names no address', async () => {
    world.databaseIsUp = false;
    const answer = await app.inject('/ready');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      ready: false,
      checks: [{ name: 'database', status: 'down', reason: 'does not answer' }],
    });
    expect(answer.body).not.toContain('10.0.0.7');
    expect((await app.inject('/health')).json()).toMatchObject({ status: 'degraded' });
  });

  it('tells once of what does not answer, however often it is asked, and once that it answers again', async () => {
    await app.inject('/health');
    world.lines.length = 0;
    world.databaseIsUp = false;
    for (let look = 0; look < 3; look++) await app.inject('/health');
    world.databaseIsUp = true;
    for (let look = 0; look < 3; look++) await app.inject('/ready');
    expect(world.lines.filter((line) => line.includes('"check":"database"'))).toEqual([
      expect.stringContaining('health check failed'),
      expect.stringContaining('health check succeeds again'),
    ]);
  });

  it('shows metrics as Prometheus text, and as JSON where that is asked for', async () => {
    for (const url of ['/things', '/nothing']) await app.inject(url);
    const text = await app.inject({
      url: '/metrics',
      headers: { accept: 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1' },
    });
    expect(text.headers['content-type']).toContain('text/plain');
    expect(text.body).toMatch(/opspilot_http_request_duration_seconds_count\{[^}]*route="\/things"/);
    expect(text.body).not.toContain('/nothing');
    const asJson = await app.inject({ url: '/metrics', headers: { accept: 'application/json' } });
    expect(asJson.json()).toMatchObject({
      connected: { database: true },
      system: { memory_total_bytes: expect.any(Number) as number },
    });
    expect(asJson.json()).not.toHaveProperty('nats_connected');
  });

  it('asks for a key to read metrics where that is configured', async () => {
    world.metricsRequireKey = true;
    await expectProblem(app, { method: 'GET', url: '/metrics' }, 401, 'OPS_AUTH_MISSING_KEY');
    expect((await app.inject({ url: '/metrics', headers: { 'x-api-key': 'reader-key' } })).statusCode).toBe(
      200,
    );
  });
});
