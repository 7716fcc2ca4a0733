import { type AddressInfo, connect, createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expectProblem } from '../../../test/support/expect-problem';
import { startThingsApp, type ThingsWorld } from '../../../test/support/things-app';
import { listen } from './create-http-app';

const json = { 'content-type': 'application/json' };
let app: NestFastifyApplication;
let world: ThingsWorld;

beforeAll(async () => {
  ({ app, world } = await startThingsApp());
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
    world.lines.length = 0;
    const { problem } = await expectProblem(
      app,
      { method: 'GET', url: '/things/broken', headers: { 'x-request-id': 'my-id-1' } },
      500,
      'OPS_INTERNAL',
    );
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    expect(problem.request_id).toBe('my-id-1');
    const logged = world.lines
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
    world.lines.length = 0;
    for (let request = 0; request < 5; request++)
      await expectProblem(app, { method: 'GET', url: '/things/down' }, 503, 'OPS_ENGINE_UNAVAILABLE');
    const told = world.lines.filter((line) => line.includes('"level":"warn"'));
    expect(told).toEqual([expect.stringContaining('the broker is full')]);
  });

  it('logs a request by its pattern, without keys', async () => {
    world.lines.length = 0;
    await app.inject({
      method: 'DELETE',
      url: '/things/7',
      headers: { 'x-api-key': 'admin-key', authorization: 'Bearer s3cret' },
    });
    expect(world.lines.join('')).toContain('"route":"/things/:id","status":200');
    expect(world.lines.join('')).not.toMatch(/admin-key|s3cret/);
  });
});

describe('where it listens', () => {
  it.each([
    [
      { HOST: 'no.such.host.invalid', PORT: 0 },
      /HOST: is no\.such\.host\.invalid, (neither an address nor a name|a name that)/,
    ],
    [{ HOST: '192.0.2.1', PORT: 0 }, /HOST: is 192\.0\.2\.1, no address of this machine/],
  ])('names the variable that is wrong in %j, and logs nothing besides', async (config, words) => {
    const { app: other, world: itsWorld } = await startThingsApp();
    await expect(listen(other, config)).rejects.toThrow(words);
    expect(itsWorld.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    await other.close();
  });

  it('names PORT where another program has it, once', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    const { app: other, world: itsWorld } = await startThingsApp();
    await expect(listen(other, { HOST: '127.0.0.1', PORT: port })).rejects.toThrow(
      `PORT: is ${port}, where another program listens: choose another, or stop that program`,
    );
    expect(itsWorld.lines.filter((line) => line.includes('EADDRINUSE'))).toEqual([]);
    await other.close();
    holder.close();
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

  it('says that a head is too large, and how large one may be', async () => {
    const sent = `GET /things?a=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const answer = await exchange(sent, (received) => received.endsWith('}'));
    expect(answer).toContain('address and headers are longer than 16384 bytes together');
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
