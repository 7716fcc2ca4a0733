import net from 'node:net';
import { ConfirmFilter } from './confirm-filter';

const SLOW_EVERY_MS = 100;
const SLOW_BYTES = 100;

export interface BrokerDoorOptions {
  /** Until one's first bytes arrive. */
  readonly delayMs?: number;
  /** Nobody is let in until it is opened. */
  readonly isShut?: boolean;
}

/** A broker's address of its own, at which it may be late, shut, slow to take what is sent, or silent. */
export async function startBrokerDoor(url: string, { delayMs = 0, isShut = false }: BrokerDoorOptions = {}) {
  const { hostname, port } = new URL(url);
  const brokers = new Set<net.Socket>();
  const filters = new Set<ConfirmFilter>();
  let mayEnter = !isShut;
  let isSlow = false;
  let answersAfterMs = 0;

  /** All there is or, while it is slow, a kilobyte a second. */
  const pass = (rest: Buffer, broker: net.Socket, then: () => void): void => {
    if (broker.destroyed) return;
    const now = isSlow ? rest.subarray(0, SLOW_BYTES) : rest;
    const left = rest.subarray(now.length);
    broker.write(now);
    if (left.length === 0) then();
    else setTimeout(() => pass(left, broker, then), SLOW_EVERY_MS);
  };

  const connect = (client: net.Socket): void => {
    const broker = net.connect(Number(port), hostname);
    const filter = new ConfirmFilter();
    brokers.add(broker);
    filters.add(filter);
    broker.on('error', () => undefined);
    broker.on('close', () => {
      brokers.delete(broker);
      filters.delete(filter);
      client.destroy();
    });
    client.on('close', () => broker.destroy());
    broker.on('data', (chunk: Buffer) => {
      const passed = filter.pass(chunk);
      if (answersAfterMs === 0) client.write(passed);
      else setTimeout(() => client.write(passed), answersAfterMs);
    });
    client.on('data', (chunk: Buffer) => {
      client.pause();
      pass(chunk, broker, () => client.resume());
    });
  };

  const server = net.createServer((client) => {
    client.on('error', () => undefined);
    if (!mayEnter) {
      client.destroy();
      return;
    }
    const timer = setTimeout(() => connect(client), delayMs);
    client.on('close', () => clearTimeout(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const door = new URL(url);
  door.hostname = '127.0.0.1';
  door.port = String((server.address() as net.AddressInfo).port);
  return {
    url: door.href,
    open: () => {
      mayEnter = true;
    },
    /** Also to those who are in. */
    shut: () => {
      mayEnter = false;
      for (const broker of brokers) broker.destroy();
    },
    slow: (slow: boolean) => {
      isSlow = slow;
    },
    /** Whatever the broker says comes so much later. */
    answerAfter: (ms: number) => {
      answersAfterMs = ms;
    },
    /** What the broker says is kept back. */
    hush: () => {
      for (const broker of brokers) broker.pause();
    },
    unhush: () => {
      for (const broker of brokers) broker.resume();
    },
    /** Over the channels that are open. */
    loseConfirms: () => {
      for (const filter of filters) filter.lose();
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
