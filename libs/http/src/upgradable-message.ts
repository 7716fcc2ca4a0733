import { IncomingMessage } from 'node:http';

/**
 * A request that takes its connection out of HTTP only to become a WebSocket. As soon as anybody listens for upgrades, Node would hand
 * over every connection whose request asks for any, without its body; and Java's HTTP client asks for HTTP/2 with each first request, also
 * with a batch to ingest. Those are ordinary requests, as they are where nobody listens. (Node 22.21 has `shouldUpgradeCallback` for it.)
 */
export class UpgradableMessage extends IncomingMessage {
  private asks = false;

  /** Node's parser says here what was asked for, and reads here what comes of it. */
  get upgrade(): boolean {
    if (!this.asks) return false;
    const isWebSocket = this.method === 'GET' && this.headers.upgrade?.toLowerCase() === 'websocket';
    return isWebSocket || this.method === 'CONNECT';
  }

  set upgrade(asks: unknown) {
    this.asks = asks === true;
  }
}
