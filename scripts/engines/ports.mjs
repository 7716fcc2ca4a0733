// Ports below those that the system gives to outgoing connections, so that an engine finds its own free after a restart.
import net from 'node:net';
import { comesTrue } from './processes.mjs';

const FIRST = 20_000;
const COUNT = 12_000;
const TRIES = 100;
const LET_GO_MS = 5000;
/** In this process: engines that are set up at the same time do not listen yet. */
const given = new Set();

/** The one an engine had before, once the last of its processes has let go of it; else any free one. */
export async function freePort(before) {
  if (before !== undefined && (await comesTrue(() => isFree(before), LET_GO_MS))) return before;
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
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
