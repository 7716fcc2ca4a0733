import type { FastifyReply } from 'fastify';
import { WebSocket } from 'ws';
import { type WebSocketUpgrade, webSocketUpgradeOf } from '../../../libs/http/src/web-socket-upgrade';
import type { LiveStream, ServerEnd, StreamEnd } from './live-stream';

/** Of what a client sends. More ends the connection (1009); nothing but control frames is taken anyway. */
const MAX_MESSAGE_BYTES = 1024;
/** Characters under way to a client that has not shown yet that it reads them. */
const MAX_UNREAD = 256 * 1024;
const BEATS_WITHOUT_ANSWER = 3;
/** For the closing handshake. */
const CLOSE_MS = 2000;
/** RFC 6455, 7.4.1, and of its registry 1013: try again later. */
const CLOSE: Readonly<Record<ServerEnd | 'refused', readonly [number, string]>> = {
  over: [1000, 'a stream ends after LOG_STREAM_MAX_MINUTES; open it again'],
  stopping: [1001, 'the server stops; open it again'],
  failed: [1013, 'what it shows cannot be read at the moment; open it again'],
  revoked: [1008, 'the API key of this stream has been revoked'],
  refused: [1008, 'this stream takes no messages; query parameters choose what it shows'],
};

/**
 * A WebSocket that only sends. Behind what it sends comes a ping, and nothing more before the pong: so a slow client is noticed
 * at once, and what it has not read fills neither this process nor the buffers on the way.
 */
export class WebSocketStream implements LiveStream {
  readonly kind = 'websocket';
  readonly request;
  private readonly upgrade: WebSocketUpgrade;
  private client: WebSocket | undefined;
  private ended: StreamEnd = 'left';
  /** Pings are numbered; these are the last that was sent and the last that was answered. */
  private asked = 0;
  private answered = 0;
  private silentBeats = 0;
  private onNews = (): void => undefined;

  /** Errors: OpsError `invalid` (426) where the request does not ask for a WebSocket. */
  constructor(reply: FastifyReply) {
    this.request = reply.request;
    this.upgrade = webSocketUpgradeOf(reply);
  }

  begin(): void {
    const client = this.upgrade.accept({ maxPayload: MAX_MESSAGE_BYTES, closeTimeout: CLOSE_MS });
    this.client = client;
    client?.on('pong', (data) => this.hear(Number(data.toString())));
    client?.on('message', () => this.close('refused'));
    // A frame that is too large or makes no sense: ws closes with the code that is meant for it.
    client?.on('error', () => {
      this.ended = 'refused';
    });
  }

  async send(texts: readonly string[]): Promise<void> {
    let unread = 0;
    for (const text of texts) {
      this.client?.send(text);
      unread += text.length;
      if (unread < MAX_UNREAD) continue;
      await this.isRead();
      unread = 0;
    }
    if (unread > 0) await this.isRead();
  }

  sendLost(lost: number): Promise<void> {
    return this.send([JSON.stringify({ lost })]);
  }

  beat(): void {
    if (this.answered === this.asked) this.ask();
    else this.silentBeats += 1;
    if (this.silentBeats < BEATS_WITHOUT_ANSWER) return;
    this.ended = 'unresponsive';
    this.client?.terminate();
  }

  onEnd(listener: (end: StreamEnd) => void): void {
    this.upgrade.socket.once('close', () => {
      this.onNews();
      listener(this.ended);
    });
  }

  end(end: ServerEnd): void {
    this.close(end);
  }

  private close(end: ServerEnd | 'refused'): void {
    if (!this.isOpen()) return;
    this.ended = end;
    this.client?.close(...CLOSE[end]);
  }

  /** Resolves when the client has read all that was sent. Errors: where it is gone. */
  private isRead(): Promise<void> {
    const number = this.ask();
    return new Promise((resolve, reject) => {
      this.onNews = () => {
        if (this.answered >= number) resolve();
        else if (!this.isOpen()) reject(new Error('the client is gone'));
      };
      this.onNews();
    });
  }

  private ask(): number {
    this.asked += 1;
    if (this.isOpen()) this.client?.ping(String(this.asked));
    return this.asked;
  }

  /** Pongs may also come without having been asked for. */
  private hear(number: number): void {
    if (!(number > this.answered && number <= this.asked)) return;
    this.answered = number;
    this.silentBeats = 0;
    this.onNews();
  }

  private isOpen(): boolean {
    return this.client?.readyState === WebSocket.OPEN;
  }
}
