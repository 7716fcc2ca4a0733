import net from 'node:net';

const TRIES = 50;

/** What is wrong with the port, rather than with the host. */
const TAKEN: ReadonlySet<string | undefined> = new Set(['EADDRINUSE', 'EACCES']);

/** The first port from `preferred` on that nobody listens on. Errors: when 50 in a row are taken; that of the system where nobody can listen at the host. */
export async function freePortFrom(
  preferred: number,
  host = '127.0.0.1',
  not: readonly number[] = [],
): Promise<number> {
  for (let port = preferred; port < preferred + TRIES; port++) {
    if (!not.includes(port) && (await isFree(port, host))) return port;
  }
  throw allTaken(preferred);
}

function allTaken(preferred: number): Error {
  return new Error(`ports ${preferred} to ${preferred + TRIES - 1} are all taken`);
}

/** Errors: that of the system where nobody can listen at the host. */
async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const held = await holdPort(port, host);
  await held?.letGo();
  return held !== undefined;
}

export interface HeldPort {
  readonly port: number;
  letGo(): Promise<void>;
}

/** Keeps others from it until it is let go; with port 0, one that the operating system picks. Undefined where it is taken. Errors: as isFree. */
export function holdPort(port: number, host: string): Promise<HeldPort | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      TAKEN.has(error.code) ? resolve(undefined) : reject(error),
    );
    server.listen({ port, host, exclusive: true }, () =>
      resolve({
        port: (server.address() as net.AddressInfo).port,
        letGo: () => new Promise((isClosed) => void server.close(() => isClosed())),
      }),
    );
  });
}

/** Holds the first port from `preferred` on that nobody has. Errors: as freePortFrom. */
export async function holdPortFrom(preferred: number, host: string): Promise<HeldPort> {
  for (let port = preferred; port < preferred + TRIES; port++) {
    const held = await holdPort(port, host);
    if (held !== undefined) return held;
  }
  throw allTaken(preferred);
}
