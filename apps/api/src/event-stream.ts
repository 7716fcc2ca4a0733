import type { FastifyReply } from 'fastify';
import type { LiveStream, ServerEnd, StreamEnd } from './live-stream';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Proxies that gather an answer before they pass it on would show nothing for minutes.
  'x-accel-buffering': 'no',
};
const RECONNECT_MS = 3000;
/** For a client to read what is under way to it. */
const CLOSE_MS = 2000;

/** One answer of Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class EventStream implements LiveStream {
  readonly kind = 'sse';
  readonly request;
  private readonly response;
  private ended: StreamEnd = 'left';

  constructor(private readonly reply: FastifyReply) {
    this.request = reply.request;
    this.response = reply.raw;
  }

  begin(): void {
    this.reply.hijack();
    this.response.writeHead(200, { ...HEADERS, 'x-request-id': this.request.id });
    // Node would send the head of such an answer with its end only, and nobody waits for records that are not sent.
    if (this.request.method === 'HEAD') this.response.end();
    else this.response.write(`retry: ${RECONNECT_MS}\n\n`);
  }

  send(texts: readonly string[]): Promise<void> {
    return this.write(texts.map((text) => `data: ${text}\n\n`).join(''));
  }

  sendLost(lost: number): Promise<void> {
    return this.write(`event: lost\ndata: ${JSON.stringify({ lost })}\n\n`);
  }

  beat(): void {
    // Whoever does not read what is there needs no more of it.
    if (!this.response.writableNeedDrain) this.response.write(': still here\n\n');
  }

  onEnd(listener: (end: StreamEnd) => void): void {
    this.response.once('close', () => listener(this.ended));
  }

  end(end: ServerEnd): void {
    const { response } = this;
    this.ended = end;
    response.end();
    const timer = setTimeout(() => response.destroy(), CLOSE_MS);
    response.once('close', () => clearTimeout(timer));
  }

  private write(text: string): Promise<void> {
    const { response } = this;
    if (response.destroyed || response.writableEnded) return Promise.reject(new Error('the client is gone'));
    if (response.write(text)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => () => {
        response.off('drain', drained);
        response.off('close', closed);
        then();
      };
      const drained = settle(resolve);
      const closed = settle(() => reject(new Error('the client is gone')));
      response.once('drain', drained);
      response.once('close', closed);
    });
  }
}
