import { createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

const MAX_BODY_BYTES = 1_000_000;

export interface ReceivedNotification {
  readonly about: string;
  readonly incidentId: string;
  readonly signatureIsRight: boolean;
  readonly receivedAtMs: number;
}

/** A receiver of webhooks as a team would write one: checks the signature, answers 204. */
export class WebhookReceiver {
  readonly received: ReceivedNotification[] = [];

  private constructor(
    private readonly server: http.Server,
    private readonly secret: string,
  ) {}

  static async start(secret: string): Promise<WebhookReceiver> {
    const server = http.createServer();
    const receiver = new WebhookReceiver(server, secret);
    server.on('request', (request, response) => receiver.accept(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/opspilot`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(request: http.IncomingMessage, response: http.ServerResponse): void {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const notification = JSON.parse(body) as { about: string; incident: { id: string } };
      this.received.push({
        about: notification.about,
        incidentId: notification.incident.id,
        signatureIsRight: this.isSigned(String(request.headers['x-opspilot-signature'] ?? ''), body),
        receivedAtMs: Date.now(),
      });
      response.writeHead(204).end();
    });
  }

  private isSigned(header: string, body: string): boolean {
    const [, at, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
    if (at === undefined || signature === undefined) return false;
    const expected = createHmac('sha256', this.secret).update(`${at}.${body}`).digest();
    return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
  }
}
