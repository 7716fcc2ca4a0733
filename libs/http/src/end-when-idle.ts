import type { IncomingMessage } from 'node:http';

/**
 * Ends the connection of a request as soon as nothing has come of it for so long, in milliseconds.
 * @param receivedBytes of its body, so far
 */
export function endWhenIdle(request: IncomingMessage, maxIdleMs: number, receivedBytes: () => number): void {
  request.setTimeout(maxIdleMs, () => {
    const before = receivedBytes();
    // Whoever was busy himself for so long has not looked yet at what has come meanwhile.
    setImmediate(() => {
      if (!request.complete && receivedBytes() === before) request.destroy();
    });
  });
  request.once('end', () => request.setTimeout(0));
}
