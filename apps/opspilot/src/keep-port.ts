import { freePortFrom } from './free-port';

/** Of several that start in the same moment, each try leaves one fewer without a port. */
const TRIES = 10;

/**
 * Starts an engine on the next free port, and keeps that port for every later start: others know it by then. Another
 * program may take a port between the look and the start, so the first start gets several.
 */
export function keepPort<Engine>(
  preferred: number,
  startOn: (port: number, signal: AbortSignal) => Promise<Engine>,
): (signal: AbortSignal) => Promise<Engine> {
  let kept: number | undefined;
  return async (signal) => {
    if (kept !== undefined) return startOn(kept, signal);
    for (let attempt = 1; ; attempt++) {
      const port = await freePortFrom(preferred);
      try {
        const engine = await startOn(port, signal);
        kept = port;
        return engine;
      } catch (error) {
        if (attempt === TRIES || (await isStillFree(port))) throw error;
      }
    }
  };
}

/** Then the port was not what the start failed on. */
async function isStillFree(port: number): Promise<boolean> {
  return (await freePortFrom(port)) === port;
}
