import { createServer, type AddressInfo } from 'node:net';
import { holdHttpPort, requirePort } from './choose-http-port';

describe('the address of npm start', () => {
  // 192.0.2.0/24 is for documentation: no machine has an address of it.
  it.each([
    [{ host: '192.0.2.1', port: 3000, isSet: true }],
    [{ host: '192.0.2.1', port: 3000, isSet: false }],
    [{ host: '192.0.2.1', port: 0, isSet: true }],
  ])('is refused where HOST is not of this machine, rather than called taken: %j', async (wanted) => {
    await expect(requirePort(wanted)).rejects.toThrow(/HOST: is 192\.0\.2\.1, no address of this machine/);
  });

  it('is refused where another program has the port that was asked for', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    await expect(requirePort({ host: '127.0.0.1', port, isSet: true })).rejects.toThrow(
      `PORT: ${port} is taken by another program`,
    );
    await new Promise((resolve) => holder.close(resolve));
    await expect(requirePort({ host: '127.0.0.1', port, isSet: true })).resolves.toBeUndefined();
  });

  it.each([
    ['the next free one', { host: '127.0.0.1', port: 3000, isSet: false }],
    ['any free one', { host: '127.0.0.1', port: 0, isSet: true }],
  ])('is kept from others until it is listened at, where it is %s', async (_what, wanted) => {
    const held = await holdHttpPort(wanted);
    const asked = { ...wanted, port: held.port, isSet: true };
    await expect(requirePort(asked)).rejects.toThrow(`PORT: ${held.port} is taken`);
    await held.letGo();
    await expect(requirePort(asked)).resolves.toBeUndefined();
  });
});
