import { createSocket } from 'node:dgram';
import net from 'node:net';

const TRIES = 50;
const LOOPBACK = '127.0.0.1';

const TAKEN = 'EADDRINUSE';
/** What the system says of a port that it keeps for others, such as one below 1024 to who is not root. */
const KEPT = 'EACCES';

export interface HeldPort {
  readonly port: number;
  letGo(): Promise<void>;
}

/**
 * The first port from `preferred` on that nobody listens on and nobody else has reserved, and that the system does not keep for others.
 * Errors: when 50 in a row are not to be had; as reservePort.
 */
export async function reservePortFrom(preferred: number, host = LOOPBACK): Promise<HeldPort> {
  for (let port = preferred; port < preferred + TRIES; port++) {
    const reserved = await reservePort(port, host).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== KEPT) throw error;
    });
    if (reserved !== undefined) return reserved;
  }
  throw new Error(`ports ${preferred} to ${preferred + TRIES - 1} are all taken`);
}

/**
 * Keeps those away that reserve a port before they look whether it is free, until it is let go or this process ends. Whoever
 * has reserved it can listen on it, or have a program do so: a socket of UDP is held, which is in nobody's way. Undefined
 * where it is reserved or somebody listens. Errors: as isFree.
 */
export async function reservePort(port: number, host = LOOPBACK): Promise<HeldPort | undefined> {
  const reserved = await holdUdpPort(port);
  if (reserved === undefined) return undefined;
  let isOurs = false;
  try {
    isOurs = await isFree(port, host);
  } finally {
    if (!isOurs) await reserved.letGo();
  }
  return isOurs ? reserved : undefined;
}

/** Errors: that of the system where nobody can listen at the host, or we cannot at the port. */
export async function isFree(port: number, host = LOOPBACK): Promise<boolean> {
  const held = await holdPort(port, host);
  await held?.letGo();
  return held !== undefined;
}

/** Keeps others from it until it is let go; with port 0, one that the operating system picks. Undefined where it is taken. Errors: as isFree. */
export function holdPort(port: number, host: string): Promise<HeldPort | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === TAKEN ? resolve(undefined) : reject(error),
    );
    server.listen({ port, host, exclusive: true }, () =>
      resolve({
        port: (server.address() as net.AddressInfo).port,
        letGo: () => new Promise((isClosed) => void server.close(() => isClosed())),
      }),
    );
  });
}

function holdUdpPort(port: number): Promise<HeldPort | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', (error: NodeJS.ErrnoException) =>
      error.code === TAKEN ? resolve(undefined) : reject(error),
    );
    socket.bind({ port, address: LOOPBACK, exclusive: true }, () =>
      resolve({ port, letGo: () => new Promise((isClosed) => void socket.close(() => isClosed())) }),
    );
    socket.unref();
  });
}
