import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { reservePortFrom } from './free-port';
import { keepPorts } from './keep-ports';

const OTHERS = 6;
const HOST = '127.0.0.1';

describe('keepPorts', () => {
  const others: Server[] = [];
  const { signal } = new AbortController();
  /** Below those that the system gives to whoever makes a connection: it stays free. */
  const freePort = async () => {
    const { port, letGo } = await reservePortFrom(randomInt(10_000, 20_000));
    await letGo();
    return port;
  };
  const take = (port: number) =>
    new Promise<void>((resolve) => {
      const server = createServer();
      others.push(server);
      server.listen(port, HOST, resolve);
    });
  afterEach(async () => {
    for (const server of others.splice(0)) await new Promise((resolve) => server.close(resolve));
  });

  it('finds a port though others take the next one each time, and keeps it', async () => {
    const preferred = await freePort();
    const start = keepPorts({ port: preferred }, async ({ port }) => {
      if (others.length < OTHERS) {
        await take(port);
        throw new Error('taken');
      }
      return port;
    });
    const port = await start(signal);
    expect(port).toBeGreaterThanOrEqual(preferred + OTHERS);
    expect(await start(signal)).toBe(port);
  });

  it('finds another port for the second one where only that was taken', async () => {
    const [preferred, second] = [await freePort(), await freePort()];
    const start = keepPorts({ port: preferred, second }, async (ports) => {
      if (others.length === 0) {
        await take(ports.second);
        throw new Error('taken');
      }
      return ports;
    });
    const found = await start(signal);
    expect(found.port).toBe(preferred);
    expect(found.second).toBeGreaterThan(second);
  });

  it('leaves a port to one that starts on it, and while the engine there is started again', async () => {
    const preferred = await freePort();
    const startHere = () => keepPorts({ port: preferred }, async ({ port }) => port);
    const first = startHere();
    const [port, other] = await Promise.all([first(signal), startHere()(signal)]);
    const third = await startHere()(signal);
    expect(new Set([port, other, third]).size).toBe(3);
    expect(await first(signal)).toBe(port);
  });

  it('lets a port go that the start failed on', async () => {
    const preferred = await freePort();
    const fail = keepPorts({ port: preferred }, () => Promise.reject(new Error('no such program')));
    await expect(fail(signal)).rejects.toThrow('no such program');
    expect(await keepPorts({ port: preferred }, async ({ port }) => port)(signal)).toBe(preferred);
  });

  it('tries no other port where it was not the port that the start failed on', async () => {
    const preferred = await freePort();
    let starts = 0;
    const start = keepPorts({ port: preferred }, async () => {
      starts += 1;
      throw new Error('no such program');
    });
    await expect(start(signal)).rejects.toThrow('no such program');
    expect(starts).toBe(1);
  });
});
