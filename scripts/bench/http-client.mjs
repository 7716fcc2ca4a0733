// How the benchmark asks, OpsPilot and the raw engine alike: what a client costs would else be counted on one side only (fetch
// takes a millisecond more than this).
import { Agent, request } from 'node:http';

export class HttpClient {
  constructor(connections) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
  }

  /** {status, text}, whatever the status. */
  send(method, url, { headers = {}, body = '' } = {}) {
    const { username, password } = new URL(url);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          method,
          agent: this.agent,
          ...(username !== '' && { auth: `${username}:${password}` }),
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close() {
    this.agent.destroy();
  }
}
