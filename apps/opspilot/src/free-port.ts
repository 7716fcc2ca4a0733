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
  throw new Error(`ports ${preferred} to ${preferred + TRIES - 1} are all taken`);
}

/** Errors: that of the system where nobody can listen at the host. */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      TAKEN.has(error.code) ? resolve(false) : reject(error),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** One that the operating system picks. Errors: as isFree. */
export function anyFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen({ port: 0, host }, () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
