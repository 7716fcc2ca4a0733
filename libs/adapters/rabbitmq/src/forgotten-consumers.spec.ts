import type { Channel } from 'amqplib';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import {
  brokerForEach,
  message,
  openQueue,
  quiet,
  scope,
  TAKE,
} from '../../../../test/support/rabbitmq-specs';
import { waitFor } from '../../../../test/support/wait-for';
import type { Broker } from './broker';
import { laneNameOf } from './queue-topology';

const QUEUE = 'logs.ingest';
const SOON = { ...TAKE, waitMs: 200 };

/** A channel with the client's own list of its consumers, by tag. */
type ConsumingChannel = Channel & { readonly consumers: ReadonlyMap<string, unknown> };

/** The one channel of the process that consumes. */
async function consumingChannel(broker: Broker): Promise<ConsumingChannel> {
  const { connection } = (await broker.consuming.ready()) as unknown as {
    readonly connection: { readonly channels: readonly ({ readonly channel: ConsumingChannel } | null)[] };
  };
  const found = connection.channels.find((one) => (one?.channel.consumers?.size ?? 0) > 0);
  if (!found) throw new Error('nothing consumes');
  return found.channel;
}

describeWithEngine('rabbitmq', 'consumers that the broker forgets', (url) => {
  const subject = brokerForEach(url);
  const fresh = () => laneNameOf(subject.prefix, QUEUE, 'fresh');

  it('takes on after the broker has dropped its consumers and not said so, and warns of it once', async () => {
    const warnings: unknown[] = [];
    const log = { ...quiet, warn: (...args: unknown[]) => void warnings.push(args[0]) };
    const { broker, queue, close } = openQueue(url, subject.prefix, log);
    expect(await queue.take(QUEUE, SOON)).toEqual([]);
    const channel = await consumingChannel(broker);
    for (const tag of [...channel.consumers.keys()]) await channel.cancel(tag);
    await queue.publish(scope, QUEUE, message('1\n'));
    const [delivery] = await waitFor('a delivery', async () => {
      const some = await queue.take(QUEUE, SOON);
      return some.length > 0 ? some : undefined;
    });
    expect(Buffer.from(delivery?.message.ndjson ?? []).toString()).toBe('1\n');
    expect(warnings).toEqual([{ queue: fresh() }]);
    await close();
  });

  it('holds what a new channel brings, and has one consumer, also where the one before ends late', async () => {
    const { broker, queue, close } = openQueue(url, subject.prefix);
    expect(await queue.take(QUEUE, SOON)).toEqual([]);
    const old = await consumingChannel(broker);
    const closeNow = old.close.bind(old);
    let letItClose: () => void = () => undefined;
    const mayClose = new Promise<void>((resolve) => (letItClose = resolve));
    const hasClosed = new Promise((resolve) => old.once('close', resolve));
    old.close = () => mayClose.then(closeNow);
    await subject.channel.deleteQueue(fresh());
    // What comes before the queue is declared again is refused, or goes with the queue that was deleted.
    const taken = await waitFor('a delivery over a new channel', async () => {
      await queue.publish(scope, QUEUE, message('1\n')).catch(() => undefined);
      const some = await queue.take(QUEUE, SOON);
      return some.length > 0 ? some : undefined;
    });
    letItClose();
    await hasClosed;
    await queue.acknowledge(QUEUE, taken);
    await waitFor('no more to take', async () => {
      const rest = await queue.take(QUEUE, SOON);
      await queue.acknowledge(QUEUE, rest);
      return rest.length === 0 ? true : undefined;
    });
    const { consumerCount } = await subject.channel.checkQueue(fresh());
    expect(consumerCount).toBe(1);
    // As a killed process: what it had not acknowledged would be ready again.
    await broker.close();
    await waitFor('the end of its consumer', async () => {
      const found = await subject.channel.checkQueue(fresh());
      return found.consumerCount === 0 ? true : undefined;
    });
    expect((await subject.channel.checkQueue(fresh())).messageCount).toBe(0);
    await close();
  });

  it('takes no more for a queue that somebody has made anew with other arguments, and goes on when it is gone', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    await queue.publish(scope, QUEUE, message('1\n'));
    await queue.depth(QUEUE);
    await subject.channel.deleteQueue(fresh());
    await subject.channel.assertQueue(fresh(), { durable: false, arguments: { 'x-max-length': 5 } });
    await waitFor('a refusal', () =>
      queue.depth(QUEUE).then(
        () => undefined,
        (error: unknown) => {
          expect(error).toMatchObject({ kind: 'unavailable' });
          return true;
        },
      ),
    );
    await subject.channel.deleteQueue(fresh());
    await waitFor('the queue as it was', () => queue.depth(QUEUE).catch(() => undefined));
    await queue.publish(scope, QUEUE, message('2\n'));
    await close();
  });
});
