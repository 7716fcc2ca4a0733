import { createServer, type AddressInfo } from 'node:net';
import { TemporalConnection } from './temporal-connection';

const NOBODY_LISTENS = '127.0.0.1:1';

describe('TemporalConnection', () => {
  it.each(['http_proxy', 'https_proxy', 'grpc_proxy'])(
    'goes past a proxy that %s names',
    async (variable) => {
      const before = { ...process.env };
      const asked: string[] = [];
      const proxy = createServer((socket) => {
        socket.once('data', (bytes) => {
          asked.push(bytes.toString());
          socket.destroy();
        });
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      process.env[variable] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const temporal = new TemporalConnection(NOBODY_LISTENS, 'default');
      try {
        await expect(temporal.check(1000)).rejects.toMatchObject({ kind: 'unavailable' });
      } finally {
        process.env = before;
        await temporal.close();
        await new Promise((resolve) => proxy.close(resolve));
      }
      expect(asked).toEqual([]);
    },
  );
});
