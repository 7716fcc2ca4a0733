import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedDelivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Takes the request and never answers. */
  readonly hang?: boolean;
  /** What becomes of the answer after its body: it goes on without another byte, or the connection breaks. */
  readonly then?: 'trickles' | 'breaks_off';
}

/** A real HTTP server that records what it is sent and answers as scripted; after the script, 200. */
export class WebhookServer {
  readonly received: ReceivedDelivery[] = [];

  private constructor(
    private readonly server: Server,
    private readonly script: ScriptedAnswer[],
  ) {}

  static async start(script: readonly ScriptedAnswer[] = []): Promise<WebhookServer> {
    const server = createServer();
    // A sender in a busy process sends on a connection that was closed for being idle.
    server.keepAliveTimeout = 0;
    const webhook = new WebhookServer(server, [...script]);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        webhook.received.push({ path: request.url ?? '', headers: request.headers, body });
        const answer = webhook.script.shift() ?? { status: 200 };
        if (answer.hang === true) return;
        response.writeHead(answer.status, answer.headers);
        if (answer.then === undefined) response.end(answer.body ?? '');
        else response.write(answer.body ?? '.', () => answer.then === 'breaks_off' && response.destroy());
      });
      // A sender that stops reading breaks the pipe, which is its right.
      response.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return webhook;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  answer(...script: readonly ScriptedAnswer[]): void {
    this.script.push(...script);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
