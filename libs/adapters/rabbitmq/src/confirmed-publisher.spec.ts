import { randomBytes } from 'node:crypto';
import net from 'node:net';
import type { Channel } from 'amqplib';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { BrokerSubject, message, openQueue, scope } from '../../../../test/support/rabbitmq-specs';
import { waitFor } from '../../../../test/support/wait-for';
import type { QueueLane } from '../../../core/src/ingest/queue-lane';
import { laneNameOf } from './queue-topology';

const SLOW_EVERY_MS = 100;
const SLOW_BYTES = 100;

/** A broker's address that takes all there is or, while it is slow, a kilobyte a second; what the broker says passes. */
async function startSlowDoor(url: string) {
  const { hostname, port } = new URL(url);
  let isSlow = false;
  const server = net.createServer((client) => {
    const broker = net.connect(Number(port), hostname);
    const pass = (rest: Buffer): void => {
      broker.write(isSlow ? rest.subarray(0, SLOW_BYTES) : rest);
      const left = isSlow ? rest.subarray(SLOW_BYTES) : Buffer.alloc(0);
      if (left.length > 0) setTimeout(() => pass(left), SLOW_EVERY_MS);
      else client.resume();
    };
    client.on('data', (chunk: Buffer) => {
      client.pause();
      pass(chunk);
    });
    broker.pipe(client);
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const)
      one.on('error', () => undefined).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const door = new URL(url);
  door.hostname = '127.0.0.1';
  door.port = String((server.address() as net.AddressInfo).port);
  return {
    url: door.href,
    slow: (slow: boolean) => {
      isSlow = slow;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describeWithEngine('rabbitmq', 'a broker that takes less than what comes', (url) => {
  const subject = new BrokerSubject(url);
  let prefix: string;
  let channel: Channel;
  beforeEach(async () => {
    channel = await subject.begin();
    ({ prefix } = subject);
  });
  afterEach(() => subject.end());

  async function contentsOf(...lanes: readonly QueueLane[]): Promise<readonly Buffer[]> {
    const contents: Buffer[] = [];
    for (const lane of lanes)
      for (;;) {
        const taken = await channel.get(laneNameOf(prefix, 'logs.ingest', lane), { noAck: true });
        if (taken === false) break;
        contents.push(taken.content);
      }
    return contents;
  }

  it('fills no memory with what was given up: nothing is added until the broker has most of it', async () => {
    const door = await startSlowDoor(url);
    const { queue, close } = openQueue(door.url, prefix);
    const large = message(`${randomBytes(512 * 1024).toString('hex')}\n`);
    const count = 40;
    await queue.publish(scope, 'logs.ingest', message('first\n'));
    door.slow(true);
    const sent = Array.from({ length: count }, () => queue.publish(scope, 'logs.ingest', large));
    const unavailable = { status: 'rejected', reason: { kind: 'unavailable' } };
    expect(await Promise.allSettled(sent)).toMatchObject(Array(count).fill(unavailable));
    await expect(queue.publish(scope, 'logs.ingest', message('one more\n'))).rejects.toMatchObject({
      kind: 'unavailable',
    });
    door.slow(false);
    await waitFor('what was given up to arrive, and the next to be taken', () =>
      queue.publish(scope, 'metrics.ingest', message('next\n')).then(
        () => true,
        () => undefined,
      ),
    );
    const arrived = await contentsOf('fresh', 'backlog');
    expect(arrived.length).toBeGreaterThan(count / 2);
    expect(arrived.filter((content) => content.includes('one more'))).toEqual([]);
    await close();
    await door.close();
  }, 60_000);
});
