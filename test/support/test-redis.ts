import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { RedisConnection } from '../../libs/adapters/redis/src/redis-connection';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { waitFor } from './wait-for';

/** A connection to a Redis, its log lines and its metrics. `timeoutMs` is long, so that a slow machine loosens no limit. */
export function openTestRedis(url: string, timeoutMs = 5000) {
  const lines: string[] = [];
  const metrics = createMetricsRegistry('test', { runtimeMetrics: false });
  const log = createLogger({
    level: 'info',
    role: 'test',
    destination: { write: (line) => void lines.push(line) },
  });
  const connection = new RedisConnection({ url, timeoutMs, applicationName: 'opspilot test', log, metrics });
  return { connection, lines, metrics };
}

/** The same, when it answers. */
export async function connectToTestRedis(url: string) {
  const opened = openTestRedis(url);
  await waitFor('Redis to answer', () => opened.connection.run((client) => client.ping()));
  return opened;
}

/** A way to a real Redis that can be made to keep silent, to break, and to be whole again. */
export async function wayToRedis(redisUrl: string) {
  const target = new URL(redisUrl);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const url = new URL(redisUrl);
  url.port = String(port);
  return {
    url: url.toString(),
    cut,
    mend: () => listen(port),
    silence: () => sockets.forEach((socket) => socket.pause()),
    resume: () => sockets.forEach((socket) => socket.resume()),
  };
}
