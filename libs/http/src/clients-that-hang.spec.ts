import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { waitFor } from '../../../test/support/wait-for';
import type { AppMetrics } from '../../observability/src/app-metrics';
import { createMetricsRegistry } from '../../observability/src/metrics';
import { statusOf } from '../../contracts/src/problem.contract';
import { BodyBudget } from './body-budget';
import { answerBrokenRequest } from './broken-requests';
import { registerBodyParsers } from './register-body-parsers';
import { toOpsError } from './to-ops-error';

const MAX_BODY_BYTES = 500_000;
const MAX_PENDING_BYTES = 1_000_000;
const json = JSON.stringify('x'.repeat(100_000));

let instance: FastifyInstance;
let metrics: AppMetrics;
let sockets: Socket[];

async function start(requestTimeout: number, maxIdleMs = 60_000): Promise<void> {
  metrics = createMetricsRegistry('test', { runtimeMetrics: false });
  instance = fastify({
    requestTimeout,
    // The longer of both times is for the whole request.
    http: { connectionsCheckingInterval: 20, headersTimeout: requestTimeout },
    clientErrorHandler: answerBrokenRequest,
  });
  const limits = { maxBodyBytes: MAX_BODY_BYTES, maxInflatedBytes: MAX_BODY_BYTES, maxIdleMs };
  registerBodyParsers(instance, limits, new BodyBudget(MAX_PENDING_BYTES, metrics));
  instance.setErrorHandler((error, _request, reply) => reply.code(statusOf(toOpsError(error))).send());
  instance.post('/work', () => 'ok');
  await instance.listen({ host: '127.0.0.1', port: 0 });
}

beforeEach(() => {
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await instance.close();
});

/** Like a stopped process: neither reads nor closes. */
function hang(head: string, body: string): Socket {
  const { port } = instance.server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`POST /work HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${head}\r\n\r\n${body}`);
  sockets.push(socket);
  return socket;
}

const chunkOf = (bytes: number) => `${bytes.toString(16)}\r\n${' '.repeat(bytes)}\r\n`;
const announce = (bytes: number) => `Content-Length: ${bytes}`;

async function post(): Promise<number> {
  const { port } = instance.server.address() as AddressInfo;
  const headers = { 'content-type': 'application/json', connection: 'close' };
  return (await fetch(`http://127.0.0.1:${port}/work`, { method: 'POST', headers, body: json })).status;
}

async function holds(bytes: number): Promise<void> {
  const name = 'opspilot_http_body_bytes';
  await waitFor(
    `${bytes} bytes held`,
    async () => ((await metrics.total(name)) === bytes ? true : undefined),
    {
      deadlineMs: 10_000,
    },
  );
}

describe('clients that hang', () => {
  it('after announcing more than there is room for: what never came takes no room from others', async () => {
    await start(0);
    for (let count = 0; count < 8; count++) hang(announce(MAX_BODY_BYTES), ' '.repeat(9));
    await holds(8 * 9);
    expect(await post()).toBe(200);
  });

  it('with bodies that really fill the room: others are refused at once, until one of them is gone', async () => {
    await start(0);
    hang(announce(MAX_BODY_BYTES), ' '.repeat(MAX_BODY_BYTES - 1));
    const second = hang(announce(MAX_BODY_BYTES), ' '.repeat(MAX_BODY_BYTES - 1));
    await holds(2 * (MAX_BODY_BYTES - 1));
    expect(await post()).toBe(429);
    second.destroy();
    await holds(MAX_BODY_BYTES - 1);
    expect(await post()).toBe(200);
  });

  it('with a body that was refused on its way: it gives back at once what had come of it', async () => {
    await start(0);
    hang(announce(MAX_BODY_BYTES), ' '.repeat(MAX_BODY_BYTES - 1));
    hang(announce(MAX_BODY_BYTES), ' '.repeat(400_000));
    await holds(MAX_BODY_BYTES - 1 + 400_000);
    const third = hang('Transfer-Encoding: chunked', chunkOf(50_000));
    await holds(MAX_BODY_BYTES - 1 + 450_000);
    third.write(chunkOf(100_000));
    await holds(MAX_BODY_BYTES - 1 + 400_000);
  });

  it('in the middle of a large body: they are ended long before that, and one that goes on slowly is not', async () => {
    await start(0, 300);
    const slow = hang(announce(200_000), `"${'x'.repeat(100_000)}`);
    hang(announce(MAX_BODY_BYTES), ' '.repeat(400_000));
    await holds(100_001 + 400_000);
    let sent = 100_001;
    const going = setInterval(() => {
      slow.write('x'.repeat(1000));
      sent += 1000;
    }, 50);
    try {
      await waitFor('the other to be ended', async () => {
        const held = (await metrics.total('opspilot_http_body_bytes')) ?? 0;
        return held < 400_000 && held > 105_000 ? true : undefined;
      });
    } finally {
      clearInterval(going);
    }
    const answer = once(slow.resume(), 'data');
    slow.write(`${'x'.repeat(200_000 - sent - 1)}"`);
    expect(String((await answer)[0])).toContain('200 OK');
  });

  it('beyond the time that a request may take: it is ended without their help, and holds nothing', async () => {
    await start(500);
    const tooLate = once(instance.server, 'clientError');
    hang(announce(MAX_BODY_BYTES), 'too slow');
    await tooLate;
    expect(await metrics.total('opspilot_http_body_bytes')).toBe('too slow'.length);
    await holds(0);
  });
});
