import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Answer, type Api, apiOf } from '../support/api';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';

function expectProblem(answer: Answer, status: number): void {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({
    status,
    title: expect.any(String),
    code: expect.stringMatching(/^OPS_/),
    detail: expect.any(String),
  });
  expect(answer.status).toBe(status);
}

describe('bad input', () => {
  let opspilot: RunningOpsPilot;
  let api: Api;
  let json: Record<string, string>;

  beforeAll(async () => {
    opspilot = await startOpsPilot();
    api = apiOf(opspilot);
    json = { 'x-api-key': opspilot.apiKey, 'content-type': 'application/json' };
  }, 120_000);

  afterAll(async () => {
    // Whatever was sent at it, the process that started is the one that ends.
    expect((await fetch(`${opspilot.url}/ready`)).status).toBe(200);
    await opspilot.remove();
  });

  const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
    api.raw('POST', '/api/ingest/logs', body, { ...json, ...headers });

  it.each([
    ['malformed JSON', '{"logs":[{"message":"a"}', 400],
    ['nothing', '', 400],
    ['a number', '42', 400],
    ['logs of the wrong type', '{"logs":"many"}', 400],
    ['an empty batch', '{"logs":[]}', 400],
    ['an unknown envelope', '{"lines":[]}', 400],
    ['100,000 brackets', `{"logs":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['only bad records', '{"logs":[{"level":"INFO"},null]}', 422],
    [
      'too many records',
      JSON.stringify({ logs: Array.from({ length: 10_001 }, () => ({ message: 'm' })) }),
      413,
    ],
    ['a body over the limit', JSON.stringify({ logs: [{ message: 'x'.repeat(9_000_000) }] }), 413],
  ])('answers %s with a problem', async (_what, body, status) => {
    expectProblem(await post(body), status);
  });

  it('answers a small body that inflates beyond the limit with 413', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    expectProblem(await post(bomb, { 'content-encoding': 'gzip' }), 413);
  });

  it('answers a broken gzip body with 400 and an unknown encoding or type with 415', async () => {
    expectProblem(await post(Buffer.from('not gzip'), { 'content-encoding': 'gzip' }), 400);
    expectProblem(await post('{}', { 'content-encoding': 'lzma' }), 415);
    expectProblem(await post('<logs/>', { 'content-type': 'application/xml' }), 415);
  });

  it('answers missing, wrong and revoked keys with 401, and a key without the permission with 403', async () => {
    const body = '{"logs":[{"message":"m"}]}';
    const send = (headers: Record<string, string>) =>
      api.raw('POST', '/api/ingest/logs', body, { 'content-type': 'application/json', ...headers });
    expectProblem(await send({}), 401);
    expectProblem(await send({ 'x-api-key': 'ops_wrong' }), 401);
    const made = await api.post('/api/api-keys', { name: 'short-lived', permissions: ['read'] });
    expect(made.status).toBe(201);
    expectProblem(await send({ 'x-api-key': made.body.secret }), 403);
    expect((await api.delete(`/api/api-keys/${made.body.id}`)).status).toBeLessThan(300);
    await waitFor('the revoked key to stop working', async () => {
      const { status } = await api.raw('GET', '/api/logs/query', undefined, {
        authorization: `Bearer ${made.body.secret}`,
      });
      return status === 401 ? true : undefined;
    });
    // A key may work for five more seconds: so long is it remembered.
  });

  it('answers unknown ids, routes and methods with 404 and 405', async () => {
    for (const path of [
      `/api/incidents/${randomUUID()}`,
      '/api/incidents/nonsense',
      '/api/incidents/%00',
      '/api/logs/nope/context',
      '/api/nothing',
    ]) {
      expectProblem(await api.get(path), 404);
    }
    expectProblem(await api.raw('PUT', '/api/ingest/logs', '{}', json), 405);
  });

  it('names each wrong parameter and what is allowed', async () => {
    const { body, status } = await api.get(
      '/api/logs/query?limit=many&start_time=yesterday&level=LOUD&colour=red',
    );
    expect(status).toBe(400);
    expect(body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'colour',
      'level',
      'limit',
      'start_time',
    ]);
  });

  it('normalises odd records and says what it changed', async () => {
    const service = `s-${randomUUID()}`;
    const farFuture = '2199-01-01T00:00:00Z';
    const logs = [
      { message: 'nul \u0000 here', service },
      { message: 'lone \ud800 surrogate', service },
      { message: 'unknown level', level: 'LOUD', service },
      { message: 'far future', timestamp: farFuture, service },
      { message: 'far past', timestamp: '0001-01-01T00:00:00Z', service },
      { message: 'no time', timestamp: 'yesterday', service },
      { message: 'm'.repeat(2_000_000), service },
      { message: 'deep', service, context: JSON.parse('{"a":'.repeat(100) + '1' + '}'.repeat(100)) },
      { message: 12_345, service },
      { message: '__proto__', service, context: JSON.parse('{"__proto__":{"x":1},"constructor":"c"}') },
    ];
    const { status, body } = await post(JSON.stringify({ logs }));
    expect({ status, accepted: body.accepted }).toEqual({ status: 202, accepted: logs.length });
    const noted = new Set(body.notes.map(({ index }: { index: number }) => index));
    for (const index of [0, 1, 2, 3, 4, 5, 6, 7, 8]) expect([index, noted.has(index)]).toEqual([index, true]);
    const stored = await waitFor('all of them', async () => {
      const answer = await api.get(`/api/logs/query?service_name=${service}&limit=100`);
      return answer.body.total === logs.length ? answer.body.logs : undefined;
    });
    const nowMs = Date.now();
    for (const { timestamp, level } of stored) {
      expect(Math.abs(Date.parse(timestamp) - nowMs)).toBeLessThan(600_000);
      expect(level).toBe('info');
    }
  });

  it('keeps a project from seeing or touching what belongs to another', async () => {
    const other = JSON.parse(
      await new Promise<string>((resolve, reject) => {
        void import('node:child_process').then(({ execFile }) =>
          execFile(
            process.execPath,
            ['bin/opspilot.mjs', 'create-project', 'other'],
            { env: { ...process.env, OPSPILOT_HOME: opspilot.home } },
            (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
          ),
        );
      }),
    ) as { api_key: string; project_id: string };
    const stranger = apiOf({ url: opspilot.url, apiKey: other.api_key });
    const rule = await api.post('/api/rules', {
      name: 'mine',
      kind: 'log_count',
      condition: { operator: '>', threshold: 1 },
      window: '1m',
      severity: 'info',
    });
    expect(rule.status).toBe(201);
    expectProblem(await stranger.get(`/api/rules/${rule.body.id}`), 404);
    expectProblem(await stranger.delete(`/api/rules/${rule.body.id}`), 404);
    const service = `s-${randomUUID()}`;
    await api.post('/api/ingest/logs', { logs: [{ message: 'secret of mine', service }] });
    const mine = await waitFor(
      'my record',
      async () => (await api.get(`/api/logs/query?service_name=${service}`)).body.logs[0],
    );
    expect((await stranger.get(`/api/logs/query?service_name=${service}`)).body.total).toBe(0);
    expectProblem(await stranger.get(`/api/logs/${mine.id}/context`), 404);
    expectProblem(
      await api.raw('GET', '/api/logs/query', undefined, {
        'x-api-key': other.api_key,
        'x-project-id': opspilot.projectId,
      }),
      403,
    );
  });
});
