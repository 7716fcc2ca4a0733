import { type AddressInfo, connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { startThingsApp } from '../../../test/support/things-app';

let app: NestFastifyApplication;

beforeAll(async () => {
  ({ app } = await startThingsApp());
  await app.listen(0, '127.0.0.1');
});
afterAll(() => app.close());

/** Everything that comes back until the other side ends. `next` is sent when something has come. */
function exchange(sent: string, next = ''): Promise<string> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(sent));
    socket.once('data', () => socket.write(next));
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

const body = '{"name":"lamp"}';
const webSocket =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
const http2 = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n';
const post = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
const last = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

describe('requests that ask for an upgrade', () => {
  it.each([
    ['to HTTP/2, as Java clients ask for with their first request', http2],
    ['to a WebSocket with a body', webSocket],
  ])(
    '%s are served as ordinary requests, with their body and on a connection that stays',
    async (_, fields) => {
      const received = await exchange(`POST /things HTTP/1.1\r\n${post}${fields}\r\n${body}`, last);
      expect(received).toMatch(/^HTTP\/1\.1 201 /);
      expect(received).toContain(body);
      expect(received).toMatch(/HTTP\/1\.1 200 [^]*ok$/);
    },
  );

  it('to a WebSocket where there is none are answered as if they had not', async () => {
    const received = await exchange(`GET /things?limit=3 HTTP/1.1\r\nHost: x\r\n${webSocket}\r\n`);
    expect(received).toMatch(/^HTTP\/1\.1 200 [^]*\{"limit":3\}$/);
    expect(received).toMatch(/^connection: close\r$/im);
  });

  it.each([
    ['without a key', '/things/mine', 401],
    ['that breaks inside', '/things/broken', 500],
    ['that is nowhere', '/nothing', 404],
  ])('to a WebSocket on a path %s are answered with a problem', async (_, path, status) => {
    const received = await exchange(`GET ${path} HTTP/1.1\r\nHost: x\r\n${webSocket}\r\n`);
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*application/problem\\+json`));
  });

  it('behind a request that waits for its answer lose their connection, and nobody else does', async () => {
    const slow = 'GET /ready HTTP/1.1\r\nHost: x\r\n\r\n';
    const upgrade = `GET /things HTTP/1.1\r\nHost: x\r\n${webSocket}\r\n`;
    expect(await exchange(slow + upgrade)).not.toContain('limit');
    expect(await exchange(last)).toMatch(/^HTTP\/1\.1 200 /);
  });
});
