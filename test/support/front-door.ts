import http from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface FrontDoor {
  readonly url: string;
  close(): Promise<void>;
}

/** One address for the two roles that serve HTTP, as a reverse proxy gives people: what is sent goes to ingest, all else to the API. */
export async function openFrontDoor(roles: {
  readonly ingest: string;
  readonly api: string;
}): Promise<FrontDoor> {
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    const role = request.url?.startsWith('/api/ingest/') === true ? roles.ingest : roles.api;
    forward(request, response, role, agent);
  });
  // A client in a busy process sends on a connection that was closed for being idle.
  server.keepAliveTimeout = 0;
  const tunnels = new Set<Socket>();
  server.on('upgrade', (request: http.IncomingMessage, socket: Socket, head: Buffer) => {
    tunnels.add(socket.once('close', () => tunnels.delete(socket)));
    tunnel(request, socket, head, roles.api);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      for (const socket of tunnels) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

function forward(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  role: string,
  agent: http.Agent,
): void {
  const { hostname, port } = new URL(role);
  const { method, url: path, headers } = request;
  const passedOn = http.request({ hostname, port, method, path, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  passedOn.once('error', () => {
    // A body that is too large is answered before it was read, and then the connection ends.
    if (response.headersSent) return;
    response.writeHead(502, { 'content-type': 'text/plain' }).end('the role does not answer');
  });
  // Who leaves a stream leaves it here too.
  response.once('close', () => passedOn.destroy());
  request.pipe(passedOn);
}

/** A WebSocket: what either side sends is passed on as it is, from the head of the request. */
function tunnel(request: http.IncomingMessage, socket: Socket, head: Buffer, role: string): void {
  const { hostname, port } = new URL(role);
  const { method, url, rawHeaders } = request;
  const fields = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
  const onward = connect(Number(port), hostname, () => {
    onward.write(`${method} ${url} HTTP/1.1\r\n${fields}\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
  });
  for (const [one, other] of [
    [socket, onward],
    [onward, socket],
  ] as const) {
    one.on('error', () => undefined);
    one.once('close', () => other.destroy());
  }
}
