import type { ServerResponse } from 'node:http';

export interface ServerSentEvent {
  /** Without one, a client gets it as `message`. */
  readonly event?: string;
  readonly id?: string;
  /** Without line breaks, as JSON is. */
  readonly data: string;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Proxies that gather an answer before they pass it on would show nothing for minutes.
  'x-accel-buffering': 'no',
};
const RECONNECT_MS = 3000;

/** One answer of Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class EventStream {
  constructor(private readonly response: ServerResponse) {}

  begin(headers: Readonly<Record<string, string>>): void {
    this.response.writeHead(200, { ...HEADERS, ...headers });
    this.response.write(`retry: ${RECONNECT_MS}\n\n`);
  }

  /** Resolves when the client has room for more. Errors: where the client is gone. */
  send(events: readonly ServerSentEvent[]): Promise<void> {
    return this.write(events.map(toText).join(''));
  }

  /** Says nothing, so that neither side nor a proxy takes the other for gone. */
  beat(): void {
    // Whoever does not read what is there needs no more of it.
    if (!this.response.writableNeedDrain) this.response.write(': still here\n\n');
  }

  onEnd(listener: () => void): void {
    this.response.once('close', listener);
  }

  end(): void {
    this.response.end();
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

function toText({ event, id, data }: ServerSentEvent): string {
  return `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}
