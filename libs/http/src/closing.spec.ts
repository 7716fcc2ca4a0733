import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { startThingsApp } from '../../../test/support/things-app';
import { waitFor } from '../../../test/support/wait-for';

describe('a server that closes', () => {
  let app: NestFastifyApplication;
  let server: Server;

  beforeEach(async () => {
    ({ app } = await startThingsApp());
    await app.listen(0, '127.0.0.1');
    server = app.getHttpServer();
  });

  const open = async () => {
    const accepted = once(server, 'connection');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [atServer] = (await accepted) as [Socket];
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    const answer = async () => {
      await once(socket, 'end');
      return received;
    };
    return { socket, atServer, answer: answer() };
  };
  /** Resolves when it has stopped listening. */
  const beginToClose = async () => {
    const closed = app.close();
    await waitFor('the end of listening', () => (server.listening ? undefined : true));
    return { closed };
  };

  it('ends the connection of a request that was under way, for nothing more may come of it', async () => {
    const { socket, answer } = await open();
    const underWay = once(server, 'request');
    socket.write(
      'POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{bro',
    );
    await underWay;
    const { closed } = await beginToClose();
    socket.write('ken');
    expect(await answer).toMatch(/^HTTP\/1\.1 400 .*^connection: close\r$/ims);
    await closed;
  });

  it('ends the connection of a request that comes while it closes, also where all it gets is an error', async () => {
    const { socket, atServer, answer } = await open();
    socket.write('GET /things/busy HTTP/1.1\r\n');
    await waitFor('its beginning', () => (atServer.bytesRead > 0 ? true : undefined));
    const { closed } = await beginToClose();
    socket.write('host: x\r\n\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 429 .*^connection: close\r$/ims);
    await closed;
  });

  it('does not wait for a connection over which nothing has come yet', async () => {
    const { answer } = await open();
    await app.close();
    expect(await answer).toBe('');
  });
});
