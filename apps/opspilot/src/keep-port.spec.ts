import { createServer, type Server } from 'node:net';
import { holdPort } from './free-port';
import { keepPort } from './keep-port';

const OTHERS = 6;
const HOST = '127.0.0.1';

describe('keepPort', () => {
  const others: Server[] = [];
  const { signal } = new AbortController();
  const freePort = async () => {
    const held = await holdPort(0, HOST);
    await held?.letGo();
    return held?.port ?? 0;
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
    const start = keepPort(preferred, async (port) => {
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

  it('tries no other port where it was not the port that the start failed on', async () => {
    const preferred = await freePort();
    let starts = 0;
    const start = keepPort(preferred, async () => {
      starts += 1;
      throw new Error('no such program');
    });
    await expect(start(signal)).rejects.toThrow('no such program');
    expect(starts).toBe(1);
  });
});
