// Ports below those that the system gives to outgoing connections, so that an engine finds its own free after a restart.
import net from 'node:net';

const FIRST = 20_000;
const COUNT = 12_000;
const TRIES = 100;
const taken = new Set();

/** The one preferred where it is free, else any free one. */
export async function freePort(preferred) {
  const candidates = [
    preferred,
    ...Array.from({ length: TRIES }, () => FIRST + Math.floor(Math.random() * COUNT)),
  ];
  for (const port of candidates) {
    if (port === undefined || taken.has(port)) continue;
    taken.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`found no free port from ${FIRST} to ${FIRST + COUNT - 1}`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether a server on this port answers anything to these bytes. */
export function answers(port, bytes, timeoutMs = 2000) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    const end = (isAnswered) => {
      socket.destroy();
      resolve(isAnswered);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('connect', () => socket.write(bytes));
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

/** Whether an HTTP server answers this URL at all, or with success where that is asked for. */
export async function answersHttp(url, { successOnly = false, timeoutMs = 5000 } = {}) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.ok || !successOnly;
  } catch {
    // Not up yet: the caller asks again until its deadline, and then names the engine's log.
    return false;
  }
}
