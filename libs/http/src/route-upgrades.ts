import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** The connection of a request for a WebSocket. */
export interface UpgradeConnection {
  readonly socket: Socket;
  /** What the client sent behind its request. */
  readonly head: Buffer;
}

const connections = new WeakMap<IncomingMessage, UpgradeConnection>();

/**
 * Lets routes become WebSockets: a request that asks for one goes through hooks, guards and pipes as any other, and its route either
 * answers it, with a problem for one, or takes its connection: see web-socket-upgrade.ts.
 */
export function routeUpgrades(instance: FastifyInstance): void {
  instance.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Node has taken its own listener away; without one, a connection that breaks would end the process.
    socket.on('error', () => socket.destroy());
    const response = responseOn(socket, request);
    if (response === undefined) return;
    connections.set(request, { socket, head });
    instance.routing(request, response);
  });
}

/** Undefined where the request does not ask for a WebSocket. */
export function upgradeConnectionOf(request: IncomingMessage): UpgradeConnection | undefined {
  return connections.get(request);
}

function responseOn(socket: Socket, request: IncomingMessage): ServerResponse | undefined {
  const response = new ServerResponse(request);
  // No parser reads this connection any more, so there can be no second request.
  response.shouldKeepAlive = false;
  response.on('finish', () => {
    const isAnswered = response.socket !== null;
    if (isAnswered) socket.destroySoon();
  });
  try {
    response.assignSocket(socket);
    return response;
  } catch {
    // An earlier request on this connection has not been answered yet: whoever wants a WebSocket does not pipeline.
    socket.destroy();
    return undefined;
  }
}
