import { type AddressInfo, connect, type Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { waitFor } from '../../../test/support/wait-for';
import type { AppMetrics } from '../../observability/src/app-metrics';
import { createLogger } from '../../observability/src/logger';
import { createMetricsRegistry } from '../../observability/src/metrics';
import { BodyBudget } from './body-budget';
import { registerBodyParsers } from './register-body-parsers';
import { logRequests } from './request-log';

const MAX_BYTES = 1_000_000;
const body = JSON.stringify('x'.repeat(30_000));
const head = `POST /work HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;

let instance: FastifyInstance;
let metrics: AppMetrics;
let finish: () => void;
let begun: number;

beforeEach(async () => {
  metrics = createMetricsRegistry('test', { runtimeMetrics: false });
  instance = fastify();
  logRequests(instance, createLogger({ level: 'silent', role: 'test' }), metrics);
  const limits = { maxBodyBytes: MAX_BYTES, maxInflatedBytes: MAX_BYTES };
  registerBodyParsers(instance, limits, new BodyBudget(MAX_BYTES, metrics));
  const finished = new Promise<void>((resolve) => (finish = resolve));
  begun = 0;
  instance.post('/work', async () => {
    begun++;
    await finished;
    return 'ok';
  });
  await instance.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  finish();
  await instance.close();
});

function send(text: string): Socket {
  const { port } = instance.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  return socket;
}

async function reaches(name: string, value: number): Promise<void> {
  await waitFor(`${value} ${name}`, async () => ((await metrics.total(name)) === value ? true : undefined));
}

describe('clients that leave before they are answered', () => {
  it('in the middle of a body: it is not held for ever', async () => {
    const socket = send(`${head}"half`);
    await reaches('opspilot_http_body_bytes', '"half'.length);
    socket.destroy();
    await reaches('opspilot_http_body_bytes', 0);
    await reaches('opspilot_http_requests_in_flight', 0);
  });

  it('while their bodies are worked on: those are held until that has ended, also of requests that wait for their turn', async () => {
    const socket = send(`${head}${body}`.repeat(3));
    await waitFor('three requests', () => (begun === 3 ? true : undefined));
    socket.destroy();
    await waitFor('the end of all connections', async () => ((await connections()) === 0 ? true : undefined));
    expect(await metrics.total('opspilot_http_body_bytes')).toBe(3 * body.length);
    finish();
    await reaches('opspilot_http_body_bytes', 0);
  });

  it('while they wait: they are not counted as under way for ever, but as gone', async () => {
    const socket = send(`${head}${body}`);
    await waitFor('the request', () => (begun === 1 ? true : undefined));
    socket.destroy();
    await reaches('opspilot_http_requests_in_flight', 0);
    const { text } = await metrics.exposition();
    expect(text).toMatch(
      /opspilot_http_request_duration_seconds_count\{role="test",method="POST",route="\/work",status="499"\} 1/,
    );
  });
});

function connections(): Promise<number> {
  return new Promise((resolve, reject) =>
    instance.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}
