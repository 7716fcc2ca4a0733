import http from 'node:http';
import type { AddressInfo } from 'node:net';

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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
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
