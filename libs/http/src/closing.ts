import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * When the server closes, connections that nothing comes of any more are ended, which it would else wait for: Node ends those that
 * are idle just then. Each answer from then on says that its connection ends, and those that have never sent anything, as clients and
 * proxies keep for later, end at once.
 */
export function endConnectionsOnClose(instance: FastifyInstance): void {
  const connections = new Set<Socket>();
  let isClosing = false;
  instance.server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  instance.addHook('preClose', (done) => {
    isClosing = true;
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
  instance.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done();
  });
}
