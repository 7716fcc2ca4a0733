import { type AddressInfo, createServer, type Socket } from 'node:net';
import { runMigrations } from './run-migrations';

/** PostgreSQL's ErrorResponse to whoever wants to log in: severity, SQLSTATE, message. */
function refusal(state: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${state}\0Mno\0\0`);
  const head = Buffer.from('E0000');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** PostgreSQL's AuthenticationOk and ReadyForQuery. */
const LET_IN = Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1');

describe('migrations of a database that is not to be had', () => {
  it.each([
    ['refuses the password', '28P01', /refuses the user name or the password.*DATABASE_URL/],
    ['does not exist', '3D000', /does not exist: create it/],
    ['has no connection left', '53300', /no connection left/],
  ])('say what to do where it %s', async (_case, state, words) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(refusal(state)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await expect(runMigrations(`postgres://a:hunter2@127.0.0.1:${port}/x`)).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringMatching(words),
      });
    } finally {
      server.close();
    }
  });

  it.each([
    ['ends the connection', (socket: Socket) => socket.end()],
    ['is gone without a word', (socket: Socket) => socket.resetAndDestroy()],
  ])('say what to do where it %s while they run', async (_case, leave) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(LET_IN);
        socket.once('data', () => leave(socket));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await expect(runMigrations(`postgres://a:hunter2@127.0.0.1:${port}/x`)).rejects.toMatchObject({
        kind: 'unavailable',
        message: 'the database does not answer: start it, or correct DATABASE_URL (or METRIC_STORE_URL)',
      });
    } finally {
      server.close();
    }
  });

  it('say what to do where it takes connections and says nothing', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await expect(runMigrations(`postgres://a:hunter2@127.0.0.1:${port}/x`)).rejects.toMatchObject({
        kind: 'unavailable',
        message: 'the database does not answer: start it, or correct DATABASE_URL (or METRIC_STORE_URL)',
      });
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  it('say what to do where nobody answers', async () => {
    await expect(runMigrations('postgres://a:hunter2@127.0.0.1:1/x')).rejects.toThrow(
      'the database does not answer: start it, or correct DATABASE_URL (or METRIC_STORE_URL)',
    );
  });
});
