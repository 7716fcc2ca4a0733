import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { chooseHttpPort } from './choose-http-port';

/** One that only root may listen at; undefined where there is none, as in many containers. */
function rootsPort(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const first = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  return first > 1 ? first - 1 : undefined;
}

describe('the address of npm start', () => {
  // 192.0.2.0/24 is for documentation: no machine has an address of it.
  it.each([
    [{ host: '192.0.2.1', port: 3000, isSet: true }],
    [{ host: '192.0.2.1', port: 3000, isSet: false }],
    [{ host: '192.0.2.1', port: 0, isSet: true }],
  ])('is refused where HOST is not of this machine, rather than called taken: %j', async (wanted) => {
    await expect(chooseHttpPort(wanted)).rejects.toThrow(/HOST: is 192\.0\.2\.1, no address of this machine/);
  });

  it('is refused where another program has the port that was asked for', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    await expect(chooseHttpPort({ host: '127.0.0.1', port, isSet: true })).rejects.toThrow(
      `PORT: ${port} is taken by another program`,
    );
    await new Promise((resolve) => holder.close(resolve));
    expect(await chooseHttpPort({ host: '127.0.0.1', port, isSet: true })).toMatchObject({ port });
  });

  const itWithRootsPort = rootsPort() === undefined ? it.skip : it;
  itWithRootsPort(
    'is refused where the system keeps the port for others, rather than called taken',
    async () => {
      const isRoot = process.geteuid?.() === 0;
      if (isRoot) process.seteuid?.(65_534);
      try {
        const port = rootsPort() ?? 0;
        await expect(chooseHttpPort({ host: '127.0.0.1', port, isSet: true })).rejects.toThrow(
          `PORT: is ${port}, which the system keeps for others`,
        );
        const next = await chooseHttpPort({ host: '127.0.0.1', port, isSet: false });
        expect(next.port).toBeGreaterThan(port);
      } finally {
        if (isRoot) process.seteuid?.(0);
      }
    },
  );

  it.each([
    ['the next free one', { host: '127.0.0.1', port: 3000, isSet: false }],
    ['any free one', { host: '127.0.0.1', port: 0, isSet: true }],
  ])('is kept from others until it is listened at, where it is %s', async (_what, wanted) => {
    const { port, makeWay } = await chooseHttpPort(wanted);
    const others = () => chooseHttpPort({ ...wanted, port, isSet: true });
    await expect(others()).rejects.toThrow(`PORT: ${port} is taken`);
    await makeWay();
    const ours = createServer();
    await new Promise<void>((resolve) => ours.listen(port, wanted.host, resolve));
    await expect(others()).rejects.toThrow(`PORT: ${port} is taken`);
    await new Promise((resolve) => ours.close(resolve));
  });

  it('is another one for each of several that start in the same moment, to the moment that they listen', async () => {
    const wanted = { host: '127.0.0.1', port: 3000, isSet: false };
    const first = await chooseHttpPort(wanted);
    await first.makeWay();
    const second = await chooseHttpPort(wanted);
    expect(second.port).toBeGreaterThan(first.port);
  });
});
