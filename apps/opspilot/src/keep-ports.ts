import { type HeldPort, isFree, reservePortFrom } from './free-port';

/** Of several programs that look for one in the same moment, each try leaves one fewer without. */
const TRIES = 10;

type Ports<Name extends string> = Readonly<Record<Name, number>>;

/**
 * Starts an engine on the next free ports, and keeps them for every later start: others know them by then. No other
 * OpsPilot takes them meanwhile, as it would while the engine comes up, or is started again: an engine cannot be given a
 * port that is held, and whoever answers there would be taken for ours. Another program may take one between the look and
 * the start, so the first start gets several.
 */
export function keepPorts<Name extends string, Engine>(
  preferred: Ports<Name>,
  startOn: (ports: Ports<Name>, signal: AbortSignal) => Promise<Engine>,
): (signal: AbortSignal) => Promise<Engine> {
  let kept: Ports<Name> | undefined;
  return async (signal) => {
    if (kept !== undefined) return startOn(kept, signal);
    for (let attempt = 1; ; attempt++) {
      const { ports, reserved } = await reserveEach(preferred);
      try {
        const engine = await startOn(ports, signal);
        kept = ports;
        return engine;
      } catch (error) {
        // Then the ports were not what the start failed on.
        const areStillFree = await areFree(reserved);
        for (const each of reserved) await each.letGo();
        if (attempt === TRIES || areStillFree) throw error;
      }
    }
  };
}

async function reserveEach<Name extends string>(preferred: Ports<Name>) {
  const reserved: HeldPort[] = [];
  const ports: [string, number][] = [];
  for (const [name, first] of Object.entries<number>(preferred)) {
    const each = await reservePortFrom(first);
    reserved.push(each);
    ports.push([name, each.port]);
  }
  return { ports: Object.fromEntries(ports) as Ports<Name>, reserved };
}

async function areFree(reserved: readonly HeldPort[]): Promise<boolean> {
  for (const { port } of reserved) if (!(await isFree(port))) return false;
  return true;
}
