import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { startThingsApp } from '../../../test/support/things-app';
import { waitFor } from '../../../test/support/wait-for';

describe('a server that closes', () => {
  it('tells clients that keep their connection, also where all they get is errors', async () => {
    const { app } = await startThingsApp();
    await app.listen(0, '127.0.0.1');
    const server = app.getHttpServer();
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    const ended = new Promise((resolve) => socket.once('end', resolve));
    const answers = () => received.split(/(?=HTTP\/1\.1 )/).filter((answer) => answer !== '');

    // The first one is under way when the server begins to close, so that the connection stays.
    const underWay = once(server, 'request');
    socket.write(
      'POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{bro',
    );
    await underWay;
    const closed = app.close();
    await waitFor('the end of listening', () => Promise.resolve(server.listening ? undefined : true));
    socket.write('ken');
    await waitFor('its answer', () => Promise.resolve(answers()[0]));
    socket.write('GET /things/busy HTTP/1.1\r\nhost: x\r\n\r\n');
    await waitFor('the second answer', () => Promise.resolve(answers()[1]));
    expect(answers()[1]).toMatch(/^HTTP\/1\.1 429 /);
    expect(answers()[1]).toMatch(/^connection: close\r$/im);
    await ended;
    await closed;
  });
});
