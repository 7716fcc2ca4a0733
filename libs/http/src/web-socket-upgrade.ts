import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { OpsError } from '../../core/src/common/errors';
import { type UpgradeConnection, upgradeConnectionOf } from './route-upgrades';

type AcceptOptions = Required<Pick<ServerOptions, 'maxPayload'>> & { readonly closeTimeout: number };

/** A request for a WebSocket that has not been answered yet. */
export interface WebSocketUpgrade {
  readonly socket: Socket;
  /** Answers 101. Undefined where the client is gone. Errors: OpsError `invalid` for a handshake that is not well-formed. */
  accept(options: AcceptOptions): WebSocket | undefined;
}

const VERSION = '13';

/** Errors: OpsError `invalid` (426) where the request does not ask for a WebSocket. */
export function webSocketUpgradeOf(reply: FastifyReply): WebSocketUpgrade {
  const { raw } = reply.request;
  const connection = upgradeConnectionOf(raw);
  if (connection === undefined || raw.headers['sec-websocket-version'] !== VERSION) {
    throw new OpsError(
      'invalid',
      'OPS_REQUEST_UPGRADE',
      `here is a WebSocket of version ${VERSION}: ask for it with a WebSocket client (ws:// or wss://)`,
    );
  }
  return { socket: connection.socket, accept: (options) => accept(reply, connection, options) };
}

function accept(
  reply: FastifyReply,
  { socket, head }: UpgradeConnection,
  options: AcceptOptions,
): WebSocket | undefined {
  // Compression would hold some hundred kilobytes for each connection.
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    ...options,
  });
  server.on('wsClientError', (error) => {
    throw new OpsError('invalid', 'OPS_REQUEST_MALFORMED', error.message, { cause: error });
  });
  server.on('headers', (headers) => headers.push(`x-request-id: ${reply.request.id}`));
  let client: WebSocket | undefined;
  server.handleUpgrade(reply.request.raw, socket, head, (webSocket) => (client = webSocket));
  reply.hijack();
  reply.raw.detachSocket(socket);
  reply.raw.statusCode = 101;
  // The head of the answer was written past the response: whatever counts, times and logs requests hears of it here.
  reply.raw.emit('finish');
  return client;
}
