import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IngestModule } from '../../apps/ingest/src/ingest.module';
import { PostgresApiKeyStore } from '../../libs/adapters/postgres/src/postgres-api-key-store';
import { PostgresIdempotencyStore } from '../../libs/adapters/postgres/src/postgres-idempotency-store';
import { PostgresIngestQueue } from '../../libs/adapters/postgres/src/postgres-ingest-queue';
import { loadConfig } from '../../libs/config/src/load-config';
import { type ApiKeyId, asId } from '../../libs/core/src/common/ids';
import { IdempotencyStore } from '../../libs/core/src/ingest/idempotency-store.port';
import { IngestQueue, type IngestQueueName } from '../../libs/core/src/ingest/ingest-queue.port';
import { ApiKeyStore } from '../../libs/core/src/projects/api-key-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { hashSecret } from '../../libs/http/src/api-key-lookup';
import { createHttpApp, listen } from '../../libs/http/src/create-http-app';
import { RoleStatus } from '../../libs/http/src/role-status';
import { AppLogger } from '../../libs/observability/src/app-logger';
import { AppMetrics } from '../../libs/observability/src/app-metrics';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { AppClock } from '../../libs/runtime/src/app-clock';
import { AppConfig } from '../../libs/runtime/src/app-config';
import { AppStopwatch } from '../../libs/runtime/src/app-stopwatch';
import { type Api, apiOf } from '../support/api';
import { type Catalog, startCatalog } from '../support/start-catalog';

describe('the ingest endpoints', () => {
  const config = loadConfig({ environment: { PORT: '0', QUEUE_MESSAGE_BYTES: '4096' } });
  const log = createLogger({ level: 'silent', role: 'test' });
  const apiKey = `ops_${randomUUID()}`;
  let catalog: Catalog;
  let queue: PostgresIngestQueue;
  let app: NestFastifyApplication;
  let api: Api;
  let scope: ProjectScope;

  beforeAll(async () => {
    catalog = await startCatalog();
    scope = await catalog.newScope();
    const keys = new PostgresApiKeyStore(catalog.pool);
    const { projectId } = scope;
    const key = { name: 'test', prefix: 'ops_', permissions: ['ingest' as const], createdAtMs: 0 };
    await keys.create(scope, { ...key, id: asId<ApiKeyId>(randomUUID()), projectId }, hashSecret(apiKey));
    queue = new PostgresIngestQueue(catalog.pool, { maxAttempts: 3, maxFreshBytes: 1_000_000, log });
    const providers = [
      { provide: AppConfig, useValue: new AppConfig(config) },
      { provide: AppClock, useValue: new AppClock() },
      { provide: AppStopwatch, useValue: new AppStopwatch() },
      { provide: AppLogger, useValue: log },
      { provide: AppMetrics, useValue: createMetricsRegistry('test', { runtimeMetrics: false }) },
      { provide: RoleStatus, useValue: { version: '0.0.0' } },
      { provide: ApiKeyStore, useValue: keys },
      { provide: IngestQueue, useValue: queue },
      { provide: IdempotencyStore, useValue: new PostgresIdempotencyStore(catalog.pool) },
    ];
    @Module({})
    class Engines {}
    @Module({ imports: [{ module: Engines, global: true, providers, exports: providers }, IngestModule] })
    class IngestProcess {}
    app = await createHttpApp(IngestProcess, { config });
    api = apiOf({ url: await listen(app, config), apiKey });
  });
  afterEach(() => catalog.pool.query('TRUNCATE queue_messages'));
  afterAll(async () => {
    await app.close();
    await queue.close();
    await catalog.end();
  });

  async function queued(name: IngestQueueName): Promise<readonly Record<string, unknown>[]> {
    const options = { maxMessages: 1000, maxBytes: 100_000_000, leaseMs: 60_000, waitMs: 0 };
    const deliveries = await queue.take(name, options);
    return deliveries.flatMap(({ message }) =>
      Buffer.from(message.ndjson)
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );
  }

  const ndjson = (body: string) =>
    api.raw('POST', '/api/ingest/logs', body, {
      'x-api-key': apiKey,
      'content-type': 'application/x-ndjson',
    });

  it('takes the envelope, and has the canonical records in the queue when it answers', async () => {
    const answer = await api.post('/api/ingest/logs', {
      logs: [
        {
          level: 'WARN',
          message: 'disk almost full',
          service: 'db',
          timestamp: '2024-01-01T12:00:00.123456Z',
        },
      ],
    });
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1, rejected: 0, errors: [], notes: [] } });
    expect(await queued('logs.ingest')).toMatchObject([
      {
        project_id: scope.projectId,
        level: 'warn',
        original_level: 'WARN',
        message: 'disk almost full',
        service_name: 'db',
        timestamp: '2024-01-01T12:00:00.123456Z',
        source: 'api',
      },
    ]);
  });

  it('takes a bare array, and names what it refused and what it changed', async () => {
    const { status, body } = await api.post('/api/ingest/logs', [{ message: 'a' }, { level: 'info' }, 7]);
    expect(status).toBe(202);
    expect(body).toMatchObject({
      accepted: 1,
      rejected: 2,
      errors: [
        { index: 1, field: 'message', reason: 'is missing' },
        { index: 2, reason: 'must be an object' },
      ],
      errors_omitted: 0,
      notes: [
        {
          index: 0,
          notes: ['level: not given; info was assumed', 'service: not given; unknown was assumed'],
        },
      ],
    });
  });

  it('lists a hundred refused records, and counts the rest', async () => {
    const { body } = await api.post('/api/ingest/logs', {
      logs: [{ message: 'a' }, ...Array<null>(150).fill(null)],
    });
    expect(body).toMatchObject({ accepted: 1, rejected: 150, errors_omitted: 50 });
    expect(body.errors).toHaveLength(100);
  });

  it('takes NDJSON, in which a broken line or one nested without end concerns only itself', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const { status, body } = await ndjson(
      `{"message":"one"}\r\n\n{"message":"tw\n${deep}\n{"message":"four"}`,
    );
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 2, rejected: 2 });
    expect(body.errors.map(({ index }: { index: number }) => index)).toEqual([1, 2]);
    expect((await queued('logs.ingest')).map(({ message }) => message)).toEqual(['one', 'four']);
  });

  it('splits a large request into messages of the configured size', async () => {
    const logs = Array.from({ length: 50 }, (_, index) => ({ message: `${index} ${'x'.repeat(300)}` }));
    expect((await api.post('/api/ingest/logs', { logs })).body.accepted).toBe(50);
    const { rows } = await catalog.pool.query('SELECT bytes FROM queue_messages');
    expect(rows.length).toBeGreaterThan(5);
    expect(Math.max(...rows.map(({ bytes }) => Number(bytes)))).toBeLessThanOrEqual(4096);
    expect(await queued('logs.ingest')).toHaveLength(50);
  });

  it('gives the same answer to a repeated Idempotency-Key, and says that it is one', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { logs: [{ message: 'once' }] };
    const first = await api.post('/api/ingest/logs', body, headers);
    const second = await api.post('/api/ingest/logs', body, headers);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.body).toEqual(first.body);
    expect(await queued('logs.ingest')).toHaveLength(1);
    expect(
      await api.post('/api/ingest/metrics', { metrics: [{ name: 'a', value: 1 }] }, headers),
    ).toMatchObject({
      status: 422,
      body: { code: 'OPS_INGEST_IDEMPOTENCY_MISMATCH' },
    });
    expect((await api.post('/api/ingest/logs', body, { 'idempotency-key': 'x'.repeat(256) })).status).toBe(
      400,
    );
  });

  it('takes samples and change events', async () => {
    expect(
      await api.post('/api/ingest/metrics', {
        metrics: [
          { name: 'up', value: 1 },
          { name: 'up', value: null },
        ],
      }),
    ).toMatchObject({
      status: 202,
      body: { accepted: 1, rejected: 1, errors: [{ index: 1, field: 'value' }] },
    });
    expect(await queued('metrics.ingest')).toMatchObject([{ metric_name: 'up', metric_value: 1 }]);
    expect(
      await api.post('/api/ingest/events', { events: [{ type: 'deploy', message: 'v2', service: 'cart' }] }),
    ).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(await queued('events.ingest')).toMatchObject([
      { kind: 'deploy', title: 'v2', service_name: 'cart' },
    ]);
  });

  it.each<[string, string, number, string]>([
    ['an empty batch', '{"logs":[]}', 400, 'OPS_INGEST_EMPTY_BATCH'],
    ['an empty array', '[]', 400, 'OPS_INGEST_EMPTY_BATCH'],
    ['no body', '', 400, 'OPS_REQUEST_INVALID'],
    ['another envelope', '{"lines":[]}', 400, 'OPS_REQUEST_INVALID'],
    ['malformed JSON', '{"logs":[', 400, 'OPS_REQUEST_MALFORMED'],
    ['nesting without end', `{"logs":${'['.repeat(100_000)}`, 400, 'OPS_REQUEST_MALFORMED'],
    ['only refused records', '[null]', 422, 'OPS_INGEST_NOTHING_ACCEPTED'],
    ['too many records', `[${'1,'.repeat(10_000)}1]`, 413, 'OPS_REQUEST_TOO_LARGE'],
  ])('answers %s with a problem', async (_, body, status, code) => {
    const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
    const answer = await api.raw('POST', '/api/ingest/logs', body, headers);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(await queued('logs.ingest')).toEqual([]);
  });

  it('answers another content type with 415, and a missing key with 401', async () => {
    const headers = { 'x-api-key': apiKey, 'content-type': 'text/plain' };
    expect((await api.raw('POST', '/api/ingest/logs', 'x', headers)).status).toBe(415);
    const json = { 'content-type': 'application/json' };
    expect((await api.raw('POST', '/api/ingest/logs', '[{"message":"a"}]', json)).status).toBe(401);
  });
});
