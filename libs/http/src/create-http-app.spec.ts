import { connect } from 'node:net';
import { Body, Controller, Delete, Get, Module, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { OpsError } from '../../core/src/common/errors';
import type { Actor } from '../../core/src/incidents/timeline-event';
import { expectProblem } from '../../../test/support/expect-problem';
import { KeysInMemory, TEST_PROJECT } from '../../../test/support/keys-in-memory';
import { ApiKeyStore } from '../../core/src/projects/api-key-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import { AppLogger } from '../../observability/src/app-logger';
import { AppMetrics } from '../../observability/src/app-metrics';
import { createLogger } from '../../observability/src/logger';
import { createMetricsRegistry } from '../../observability/src/metrics';
import { AppClock } from '../../runtime/src/app-clock';
import { CurrentActor, CurrentScope, RequirePermission } from './api-key.guard';
import { ContractPipe } from './contract.pipe';
import { createHttpApp, listen } from './create-http-app';
import { HealthModule } from './health.module';
import { RoleStatus } from './role-status';

const limits = {
  INGEST_MAX_BODY_BYTES: 10_000,
  INGEST_MAX_INFLATED_BYTES: 50_000,
  INGEST_MAX_PENDING_BYTES: 64_000_000,
  RATE_LIMIT_INGEST_PER_SECOND: 0,
  RATE_LIMIT_API_PER_SECOND: 0,
};
const body = z.strictObject({ name: z.string().max(10), tags: z.array(z.string()).optional() });
const query = z.strictObject({ limit: z.coerce.number().int().max(5).default(1) });

@Controller('things')
class ThingsController {
  @Get()
  list(@Query(new ContractPipe(query)) parameters: z.output<typeof query>) {
    return parameters;
  }

  @Post()
  create(@Body(new ContractPipe(body)) thing: z.output<typeof body>) {
    return thing;
  }

  @Get('broken')
  broken(): never {
    throw new Error('password of the database is hunter2');
  }

  @Get('busy')
  busy(): never {
    throw new OpsError('overloaded', 'OPS_INGEST_QUEUE_FULL', 'the queue is full', { retryAfterSeconds: 7 });
  }

  @Get('down')
  isDown(): never {
    throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'the broker is full');
  }

  @Get('mine')
  @RequirePermission('read')
  mine(@CurrentScope() scope: ProjectScope, @CurrentActor() actor: Actor) {
    return { project: scope.projectId, actor };
  }

  @Delete(':id')
  @RequirePermission('admin')
  remove() {
    return {};
  }
}

@Controller('vault')
@RequirePermission('read')
class VaultController {
  @Get()
  open() {
    return {};
  }

  @Post('notes')
  note(@Body(new ContractPipe(body)) note: z.output<typeof body>) {
    return note;
  }

  @Post()
  @RequirePermission('write')
  put(@Body(new ContractPipe(body)) thing: z.output<typeof body>) {
    return thing;
  }
}

const lines: string[] = [];
const keys = new KeysInMemory();
let nowMs = 1_000_000;
let databaseIsUp = true;
let metricsRequireKey = false;

class Status extends RoleStatus {
  readonly roles = ['test'];
  readonly version = '1.2.3';
  readonly startedAtMs = 1_000_000;
  get metricsRequireKey(): boolean {
    return metricsRequireKey;
  }
  checks() {
    return [
      {
        name: 'database',
        check: async () => {
          if (!databaseIsUp) throw new Error('connect ECONNREFUSED 10.0.0.7:5432');
        },
      },
    ];
  }
}

const provided = [
  {
    provide: AppLogger,
    useValue: createLogger({
      level: 'trace',
      role: 'test',
      destination: { write: (line) => void lines.push(line) },
    }),
  },
  { provide: AppMetrics, useValue: createMetricsRegistry('test', { runtimeMetrics: false }) },
  { provide: AppClock, useValue: new AppClock({ now: () => nowMs }) },
  { provide: ApiKeyStore, useValue: keys },
  { provide: RoleStatus, useClass: Status },
];

@Module({})
class EnginesModule {}

@Module({
  imports: [
    {
      module: EnginesModule,
      global: true,
      providers: provided,
      exports: provided.map((each) => each.provide),
    },
    HealthModule,
  ],
  controllers: [ThingsController, VaultController],
})
class TestModule {}

let app: NestFastifyApplication;
const json = { 'content-type': 'application/json' };

beforeAll(async () => {
  keys.add('reader-key');
  keys.add('revoked-key', { revokedAtMs: 5 });
  keys.add('admin-key', { permissions: ['admin'] });
  app = await createHttpApp(TestModule, { config: limits });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});

afterAll(() => app.close());

describe('query parameters', () => {
  it.each([
    ['/things?limit=6', 'limit', 'at most 5'],
    ['/things?limit=x', 'limit', 'a number'],
    ['/things?limit=1&limit=2', 'limit', 'one value'],
    ['/things?limt=1', 'limt', undefined],
  ])('refuses %s, naming the parameter and what is allowed', async (url, field, allowed) => {
    const { problem } = await expectProblem(app, { method: 'GET', url }, 400, 'OPS_REQUEST_INVALID');
    expect(problem.errors[0]?.field).toBe(field);
    expect(problem.errors[0]?.allowed).toBe(allowed);
  });
});

describe('routes', () => {
  it('answers 404 for an unknown path and 405 with Allow for a wrong method', async () => {
    await expectProblem(app, { method: 'GET', url: '/nothing?x=1' }, 404, 'OPS_REQUEST_UNKNOWN_ROUTE');
    await expectProblem(
      app,
      { method: 'POST', url: '/nothing', payload: '{broken', headers: json },
      404,
      'OPS_REQUEST_UNKNOWN_ROUTE',
    );
    const { headers } = await expectProblem(
      app,
      { method: 'PUT', url: '/things' },
      405,
      'OPS_REQUEST_METHOD',
    );
    expect(headers.allow).toBe('GET, HEAD, POST');
  });

  it('answers a path that is not well-formed or far too long', async () => {
    await expectProblem(app, { method: 'GET', url: '/things/%ff' }, 400, 'OPS_REQUEST_MALFORMED');
    await expectProblem(
      app,
      { method: 'DELETE', url: `/things/${'x'.repeat(2000)}` },
      404,
      'OPS_REQUEST_UNKNOWN_ROUTE',
    );
  });

  it('says nothing of what broke inside, and logs it under the request id', async () => {
    lines.length = 0;
    const { problem } = await expectProblem(
      app,
      { method: 'GET', url: '/things/broken', headers: { 'x-request-id': 'my-id-1' } },
      500,
      'OPS_INTERNAL',
    );
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    expect(problem.request_id).toBe('my-id-1');
    const logged = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find((line) => line['level'] === 'error');
    expect(logged).toMatchObject({
      request_id: 'my-id-1',
      err: { message: 'password of the database is hunter2' },
    });
  });

  it('makes a request id of its own where the given one is not plain', async () => {
    const answer = await app.inject({ url: '/healthz', headers: { 'x-request-id': 'a b<script>' } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('says when to come back', async () => {
    const { headers } = await expectProblem(
      app,
      { method: 'GET', url: '/things/busy' },
      429,
      'OPS_INGEST_QUEUE_FULL',
    );
    expect(headers['retry-after']).toBe('7');
  });

  it('tells once of an engine that every request misses, and everybody who asked', async () => {
    lines.length = 0;
    for (let request = 0; request < 5; request++)
      await expectProblem(app, { method: 'GET', url: '/things/down' }, 503, 'OPS_ENGINE_UNAVAILABLE');
    const told = lines.filter((line) => line.includes('"level":"warn"'));
    expect(told).toEqual([expect.stringContaining('the broker is full')]);
  });

  it('logs a request by its pattern, without keys', async () => {
    lines.length = 0;
    await app.inject({
      method: 'DELETE',
      url: '/things/7',
      headers: { 'x-api-key': 'admin-key', authorization: 'Bearer s3cret' },
    });
    expect(lines.join('')).toContain('"route":"/things/:id","status":200');
    expect(lines.join('')).not.toMatch(/admin-key|s3cret/);
  });
});

describe('keys', () => {
  const mine = (headers: Record<string, string>) => ({
    method: 'GET' as const,
    url: '/things/mine',
    headers,
  });

  it.each<[string, Record<string, string>, string]>([
    ['no key', {}, 'OPS_AUTH_MISSING_KEY'],
    ['an empty key', { 'x-api-key': ' ' }, 'OPS_AUTH_MISSING_KEY'],
    ['another scheme', { authorization: 'Basic abc' }, 'OPS_AUTH_MISSING_KEY'],
    ['an unknown key', { 'x-api-key': 'guess' }, 'OPS_AUTH_UNKNOWN_KEY'],
    ['a huge key', { 'x-api-key': 'k'.repeat(5000) }, 'OPS_AUTH_UNKNOWN_KEY'],
    ['a revoked key', { authorization: 'Bearer revoked-key' }, 'OPS_AUTH_REVOKED_KEY'],
  ])('answers 401 to %s', async (_what, headers, code) => {
    const answer = await expectProblem(app, mine(headers), 401, code);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="opspilot"');
  });

  it('answers 403 to a key without the permission or for another project', async () => {
    await expectProblem(
      app,
      { method: 'DELETE', url: '/things/7', headers: { 'x-api-key': 'reader-key' } },
      403,
      'OPS_AUTH_MISSING_SCOPE',
    );
    await expectProblem(
      app,
      mine({ 'x-api-key': 'reader-key', 'x-project-id': 'other' }),
      403,
      'OPS_AUTH_WRONG_PROJECT',
    );
  });

  it('lets a key in by either header and gives its project and name', async () => {
    for (const headers of [
      { 'x-api-key': 'reader-key', 'x-project-id': TEST_PROJECT.toUpperCase() },
      { authorization: 'bearer reader-key' },
    ]) {
      expect((await app.inject(mine(headers as Record<string, string>))).json()).toEqual({
        project: TEST_PROJECT,
        actor: { kind: 'person', name: 'laptop' },
      });
    }
  });

  it('asks the store once within five seconds, and again after', async () => {
    nowMs += 10_000;
    const before = keys.lookups;
    await app.inject(mine({ 'x-api-key': 'reader-key' }));
    await app.inject(mine({ 'x-api-key': 'reader-key' }));
    expect(keys.lookups - before).toBe(1);
    nowMs += 5_001;
    await app.inject(mine({ 'x-api-key': 'reader-key' }));
    expect(keys.lookups - before).toBe(2);
  });
});

describe('a body that comes with no right to send it', () => {
  const post = (url: string, payload: string | Buffer, headers: Record<string, string>) => ({
    method: 'POST' as const,
    url,
    payload,
    headers: { ...json, ...headers },
  });

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['malformed', '{broken', {}],
    ['too large', 'x'.repeat(20_000), {}],
    ['not what its encoding says', 'x', { 'content-encoding': 'gzip' }],
    ['of an unknown encoding', 'x', { 'content-encoding': 'rot13' }],
    ['of an unknown type', 'x', { 'content-type': 'text/html' }],
    ['of another shape', '{"name":7}', {}],
  ])('is not looked at where it is %s', async (_what, payload, headers) => {
    for (const url of ['/vault', '/vault/notes']) {
      await expectProblem(app, post(url, payload, headers), 401, 'OPS_AUTH_MISSING_KEY');
      const unknown = { ...headers, 'x-api-key': 'guess' };
      await expectProblem(app, post(url, payload, unknown), 401, 'OPS_AUTH_UNKNOWN_KEY');
    }
    const reader = { ...headers, 'x-api-key': 'reader-key' };
    await expectProblem(app, post('/vault', payload, reader), 403, 'OPS_AUTH_MISSING_SCOPE');
    for (const request of [post('/vault/notes', payload, reader), post('/things', payload, headers)])
      expect([400, 413, 415]).toContain((await app.inject(request)).statusCode);
  });

  it('leaves unknown paths, wrong methods and HEAD as they are', async () => {
    await expectProblem(app, post('/vault/x', '{', {}), 404, 'OPS_REQUEST_UNKNOWN_ROUTE');
    const wrong = { ...post('/vault', '{', {}), method: 'PUT' as const };
    const { headers } = await expectProblem(app, wrong, 405, 'OPS_REQUEST_METHOD');
    expect(headers.allow).toBe('GET, HEAD, POST');
    expect((await app.inject({ method: 'HEAD', url: '/vault' })).statusCode).toBe(401);
  });

  it('takes what a key with the permission sends', async () => {
    const answer = await app.inject(post('/vault', '{"name":"a"}', { 'x-api-key': 'admin-key' }));
    expect([answer.statusCode, answer.json()]).toEqual([201, { name: 'a' }]);
  });
});

describe('health', () => {
  afterEach(() => {
    databaseIsUp = true;
    metricsRequireKey = false;
  });

  it('tells what the process is and that it is alive', async () => {
    nowMs = 1_090_000;
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
    databaseIsUp = false;
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
    lines.length = 0;
    databaseIsUp = false;
    for (let look = 0; look < 3; look++) await app.inject('/health');
    databaseIsUp = true;
    for (let look = 0; look < 3; look++) await app.inject('/ready');
    expect(lines.filter((line) => line.includes('"check":"database"'))).toEqual([
      expect.stringContaining('health check failed'),
      expect.stringContaining('health check succeeds again'),
    ]);
  });

  it('shows metrics as Prometheus text, and as JSON where that is asked for', async () => {
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
    metricsRequireKey = true;
    await expectProblem(app, { method: 'GET', url: '/metrics' }, 401, 'OPS_AUTH_MISSING_KEY');
    expect((await app.inject({ url: '/metrics', headers: { 'x-api-key': 'reader-key' } })).statusCode).toBe(
      200,
    );
  });
});

describe('over a socket', () => {
  let url: URL;

  beforeAll(async () => {
    url = new URL(await listen(app, { HOST: '127.0.0.1', PORT: 0 }));
  });

  /** Everything that comes back until `ended` says that it is enough, or the other side ends. */
  const exchange = (sent: string, isEnough: (received: string) => boolean = () => false) =>
    new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(Number(url.port), url.hostname, () => socket.write(sent));
      socket.on('data', (chunk) => {
        received += String(chunk);
        if (isEnough(received)) socket.destroy();
      });
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
  const head = (fields: string) =>
    `POST /vault HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${fields}\r\n\r\n`;

  it('answers what is not HTTP with a problem, and says its real address', async () => {
    const answer = await exchange('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('application/problem+json');
    const tooLarge = await fetch(new URL('/things', url), {
      method: 'POST',
      body: 'x'.repeat(60_000),
      headers: json,
    });
    expect(tooLarge.status).toBe(413);
  });

  it.each([
    ['no Host', 'GET /things HTTP/1.1\r\n\r\n', 400],
    ['an unknown Expect', 'GET /things HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n', 417],
    ['a broken header', 'GET /things HTTP/1.1\r\nHost x\r\n\r\n', 400],
    ['a head that is too large', `GET /things HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ])('answers %s with a problem', async (_, sent, status) => {
    const answer = await exchange(sent, (received) => received.endsWith('}'));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain(`"status":${status}`);
  });

  it('refuses a body without a key before any of it has come', async () => {
    const answer = await exchange(head('Content-Length: 9000'), (received) => received.endsWith('}'));
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).not.toMatch(/connection: close/i);
  });

  it.each(['Content-Length: 1000000000', 'Transfer-Encoding: chunked'])(
    'does not wait for the end of a body without a key: %s',
    async (fields) => {
      const answer = await exchange(head(fields));
      expect(answer).toMatch(/^HTTP\/1\.1 401 /);
      expect(answer).toMatch(/connection: close/i);
    },
  );

  it('keeps the connection for the next request where the refused body was small', async () => {
    const refused = `${head('Content-Length: 7')}{broken`;
    const answer = await exchange(
      refused + refused,
      (received) => received.split('HTTP/1.1 401').length === 3 && received.endsWith('}'),
    );
    expect(answer.match(/HTTP\/1\.1 401/g)).toHaveLength(2);
  });
});
