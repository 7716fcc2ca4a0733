import net from 'node:net';
import { inspect } from 'node:util';
import type { Channel } from 'amqplib';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { BrokerSubject, message, openQueue, quiet, scope } from '../../../../test/support/rabbitmq-specs';
import { waitFor } from '../../../../test/support/wait-for';
import { laneNameOf } from './queue-topology';

/** A broker's address where it takes so long until one's first bytes arrive. While it is shut, nobody is let in. */
async function startDoor(url: string, { delayMs = 0, isShut = false }) {
  const { hostname, port } = new URL(url);
  const brokers = new Set<net.Socket>();
  const server = net.createServer((client) => {
    if (isShut) {
      client.destroy();
      return;
    }
    const timer = setTimeout(() => {
      const broker = net.connect(Number(port), hostname);
      broker.on('error', () => client.destroy());
      client.pipe(broker);
      broker.on('data', (chunk: Buffer) => client.write(chunk));
      broker.on('end', () => client.end());
      brokers.add(broker);
    }, delayMs);
    client.on('error', () => undefined);
    client.on('close', () => clearTimeout(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const door = new URL(url);
  door.hostname = '127.0.0.1';
  door.port = String((server.address() as net.AddressInfo).port);
  return {
    url: door.href,
    open: () => {
      isShut = false;
    },
    /** What the broker says is kept back. */
    hush: () => {
      for (const broker of brokers) broker.pause();
    },
    unhush: () => {
      for (const broker of brokers) broker.resume();
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describeWithEngine('rabbitmq', 'a broker that refuses, or is late', (url) => {
  const subject = new BrokerSubject(url);
  let prefix: string;
  let channel: Channel;
  beforeEach(async () => {
    channel = await subject.begin();
    ({ prefix } = subject);
  });
  afterEach(() => subject.end());

  it('says once that a queue has other arguments, fails until it is gone, and goes on by itself', async () => {
    await channel.assertQueue(laneNameOf(prefix, 'logs.ingest', 'fresh'), { durable: true });
    const lines: object[] = [];
    const { broker, queue, close } = openQueue(url, prefix, {
      ...quiet,
      error: (...given: readonly unknown[]) => void lines.push(given),
    });
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(queue.publish(scope, 'logs.ingest', message('x\n'))).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('other arguments'),
      });
    await expect(broker.check()).rejects.toMatchObject({
      message: expect.stringContaining('other arguments'),
    });
    expect(lines).toHaveLength(1);
    expect(broker.states()).toEqual(['refused', 'refused']);
    await channel.deleteQueue(laneNameOf(prefix, 'logs.ingest', 'fresh'));
    await waitFor('the broker to be ready without being used', () =>
      broker.check().then(
        () => true,
        () => undefined,
      ),
    );
    expect(broker.states()).toEqual(['up', 'up']);
    await queue.publish(scope, 'logs.ingest', message('y\n'));
    await close();
  });

  it('says that a queue has other arguments where the broker comes after the process, before anybody needs it', async () => {
    await channel.assertQueue(laneNameOf(prefix, 'logs.ingest', 'fresh'), { durable: true });
    const door = await startDoor(url, { isShut: true });
    const { broker, queue, close } = openQueue(door.url, prefix);
    await expect(queue.depth('logs.ingest')).rejects.toMatchObject({ kind: 'unavailable' });
    door.open();
    const problem = await waitFor('the broker to be there, and refuse the queue', () =>
      broker.check().then(
        () => undefined,
        ({ message }: Error) => (message.includes('other arguments') ? message : undefined),
      ),
    );
    expect(problem).toContain('QUEUE_NAME_PREFIX');
    await close();
    await door.close();
  });

  it('says that the password is wrong, without showing it', async () => {
    const wrong = new URL(url);
    wrong.password = 'no-such-password';
    const lines: unknown[] = [];
    const { broker, queue, close } = openQueue(wrong.href, prefix, {
      ...quiet,
      error: (...given: readonly unknown[]) => void lines.push(given),
    });
    await waitFor('the refusal', () => (lines.length > 0 ? true : undefined));
    await expect(queue.publish(scope, 'logs.ingest', message('x\n'))).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'the broker refuses the user name or the password',
    });
    await expect(broker.check()).rejects.toThrow('user name or the password');
    expect(inspect(lines, { depth: 10 })).not.toContain('no-such-password');
    await close();
  });

  it('lets nobody wait for a depth until a broker that says nothing is found out by its heartbeats', async () => {
    const door = await startDoor(url, {});
    const { queue, close } = openQueue(door.url, prefix);
    await queue.depth('logs.ingest');
    door.hush();
    // What the broker has said before may still be on its way.
    const refusal = await waitFor('a depth that is given up', () =>
      queue.depth('logs.ingest').then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(refusal).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('not answered'),
    });
    door.unhush();
    await waitFor('a depth', () =>
      queue.depth('logs.ingest').then(
        () => true,
        () => undefined,
      ),
    );
    await close();
    await door.close();
  });

  it('waits for a broker that is slow to let a process in', async () => {
    const slow = await startDoor(url, { delayMs: 1500 });
    const { queue, close } = openQueue(slow.url, prefix);
    await queue.publish(scope, 'logs.ingest', message('x\n'));
    await close();
    await slow.close();
  });
});
