import { randomUUID } from 'node:crypto';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { newScope } from '../../../../test/support/new-scope';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { waitFor } from '../../../../test/support/wait-for';
import { encodeEnvelope } from '../../../contracts/src/queue-envelope.message';
import { systemClock } from '../../../core/src/common/clock';
import type { Delivery } from '../../../core/src/ingest/ingest-queue.port';
import { Broker } from './broker';
import { laneNameOf, queueNamesOf } from './queue-topology';
import { RabbitMqIngestQueue } from './rabbitmq-ingest-queue';

const QUEUE = 'logs.ingest';
const MAX_ATTEMPTS = 2;
const MAX_FRESH_BYTES = 10_000;
const WINDOW_BYTES = 1_000_000;
const TAKE = { maxMessages: 100, maxBytes: 200_000, leaseMs: 60_000, waitMs: 10_000 };
const log = { error: () => undefined, warn: () => undefined, info: () => undefined };
const OPTIONS = {
  maxAttempts: MAX_ATTEMPTS,
  window: { maxBytes: WINDOW_BYTES, maxMessages: 10_000 },
  maxFreshBytes: MAX_FRESH_BYTES,
  clock: systemClock,
  log,
  depthMaxAgeMs: 10,
};

describeWithEngine('rabbitmq', 'the two lanes of a queue', (url) => {
  const scope = newScope();
  let prefix: string;
  let admin: ChannelModel;
  let channel: Channel;
  let closers: (() => Promise<void>)[];

  beforeEach(async () => {
    prefix = `test-${randomUUID()}.`;
    admin = await connect(url);
    channel = await admin.createChannel();
    closers = [];
  });
  afterEach(async () => {
    for (const close of closers) await close();
    for (const name of queueNamesOf(prefix)) await channel.deleteQueue(name);
    await admin.close();
  });

  function open(): RabbitMqIngestQueue {
    const broker = new Broker({ url, applicationName: 'test', log });
    const queue = new RabbitMqIngestQueue(broker, { ...OPTIONS, prefix });
    closers.push(async () => {
      await queue.close();
      await broker.close();
    });
    return queue;
  }

  const message = (body: string) => ({ ndjson: Buffer.from(body), recordCount: 1, requestId: 'r' });
  const bodies = (deliveries: readonly Delivery[]) =>
    deliveries.map((delivery) => Buffer.from(delivery.message.ndjson).toString().trim());
  const waiting = async (lane: 'fresh' | 'backlog') =>
    (await channel.checkQueue(laneNameOf(prefix, QUEUE, lane))).messageCount;

  it('puts what comes behind more than may be fresh into the backlog, and counts both in one depth', async () => {
    const queue = open();
    const large = message(`${'x'.repeat(3999)}\n`);
    for (let put = 0; put < 10; put++) {
      await queue.depth(QUEUE);
      await queue.publish(scope, QUEUE, large);
    }
    const fresh = await waiting('fresh');
    expect(fresh).toBeLessThan(5);
    expect(await waiting('backlog')).toBe(10 - fresh);
    const depth = await waitFor('a count without what was published meanwhile', async () => {
      const found = await queue.depth(QUEUE);
      return found.lanes?.backlog.messages === 10 - fresh ? found : undefined;
    });
    expect(depth).toMatchObject({
      messages: 10,
      bytes: 40_000,
      lanes: { fresh: { messages: fresh, bytes: fresh * 4000 }, backlog: { messages: 10 - fresh } },
    });
    expect(depth.oldestAgeMs).toBe(
      Math.max(depth.lanes?.fresh.oldestAgeMs ?? -1, depth.lanes?.backlog.oldestAgeMs ?? -1),
    );
  });

  it('knows the bytes of a backlog that another process has put there', async () => {
    const queue = open();
    for (let put = 0; put < 10; put++) {
      await queue.depth(QUEUE);
      await queue.publish(scope, QUEUE, message(`${'x'.repeat(3999)}\n`));
    }
    await channel.purgeQueue(laneNameOf(prefix, QUEUE, 'fresh'));
    const late = await waiting('backlog');
    const other = open();
    await other.publish(scope, QUEUE, message(`${'y'.repeat(1999)}\n`));
    const depth = await waitFor('a count without what was published meanwhile', async () => {
      const found = await other.depth(QUEUE);
      return found.lanes?.fresh.messages === 1 ? found : undefined;
    });
    expect(depth.lanes?.backlog).toMatchObject({ messages: late, bytes: late * 2000 });
  });

  it('counts no failure where a process ends while its windows change', async () => {
    const queue = open();
    const puts = Array.from({ length: 40 }, (_, at) => message(`${String(at).padEnd(at * 200)}\n`));
    for (const put of puts) await queue.publish(scope, QUEUE, put);
    // Its windows change with the first messages of a lane: each ends a little later in that.
    for (let turn = 0; turn < 25; turn++) {
      const broker = new Broker({ url, applicationName: 'leaver', log });
      const leaver = new RabbitMqIngestQueue(broker, { ...OPTIONS, prefix });
      const taken = await leaver.take(QUEUE, { ...TAKE, maxMessages: 1 });
      const cause = { reason: 'it stops', delayMs: 0, isBlameless: true };
      await leaver.release(QUEUE, taken, cause);
      for (let step = 0; step < turn; step++) await new Promise((resolve) => setImmediate(resolve));
      await leaver.close();
      await broker.close();
    }
    const attempts = new Set<number>();
    let received = 0;
    while (received < puts.length) {
      const taken = await queue.take(QUEUE, TAKE);
      for (const { attempt } of taken) attempts.add(attempt);
      received += taken.length;
      await queue.acknowledge(QUEUE, taken);
    }
    expect([...attempts]).toEqual([1]);
  });

  it('takes what a version without a backlog left behind', async () => {
    const { projectId } = scope;
    await open().depth(QUEUE);
    const parts = [{ message: { ...message('left behind\n'), projectId }, attempts: 0 }];
    channel.sendToQueue(`${prefix}${QUEUE}`, encodeEnvelope({ publishedAtMs: Date.now(), parts }));
    expect(bodies(await open().take(QUEUE, TAKE))).toEqual(['left behind']);
  });

  it('delivers again, sets aside and replays what came by the backlog, as it does by the other lane', async () => {
    const queue = open();
    await queue.deadLetter(scope, QUEUE, message('late\n'), 'refused before');
    // What is replayed is late.
    expect(await queue.replayDeadLetters(scope, QUEUE)).toBe(1);
    expect(await waiting('backlog')).toBe(1);
    const first = await queue.take(QUEUE, TAKE);
    await queue.release(QUEUE, first, { reason: 'busy', delayMs: 100 });
    const second = await queue.take(QUEUE, TAKE);
    expect(second.map(({ attempt }) => attempt)).toEqual([2]);
    await queue.release(QUEUE, second, { reason: 'refused again', delayMs: 0 });
    expect((await queue.listDeadLetters(scope, QUEUE, 10)).letters).toMatchObject([
      { reason: 'refused again', attempts: MAX_ATTEMPTS, preview: 'late\n' },
    ]);
  });

  it('sets aside what is none of ours in the backlog too', async () => {
    const queue = open();
    await queue.depth(QUEUE);
    channel.sendToQueue(laneNameOf(prefix, QUEUE, 'backlog'), Buffer.from('hello'));
    await queue.publish(scope, QUEUE, message('ours\n'));
    expect(bodies(await queue.take(QUEUE, TAKE))).toEqual(['ours']);
    await waitFor('the dead letter', async () =>
      (await queue.depth(QUEUE)).deadLetters === 1 ? true : undefined,
    );
  });

  it('gives back to its lane what a process held of it and had not begun', async () => {
    const queue = open();
    for (let put = 0; put < 6; put++) {
      await queue.depth(QUEUE);
      await queue.publish(scope, QUEUE, message(`${String(put).padEnd(3999)}\n`));
    }
    const leaver = open();
    const begun = await leaver.take(QUEUE, { ...TAKE, maxMessages: 1 });
    await waitFor('all of it to be held', () => (leaver.held(QUEUE).messages === 6 ? true : undefined));
    await leaver.acknowledge(QUEUE, begun);
    await leaver.close();
    // As one message of the broker for each lane.
    expect(await waiting('fresh')).toBe(1);
    expect(await waiting('backlog')).toBe(1);
    const rest = new Set(['0', '1', '2', '3', '4', '5'].filter((name) => !bodies(begun).includes(name)));
    while (rest.size > 0) for (const name of bodies(await queue.take(QUEUE, TAKE))) rest.delete(name);
  });

  it('holds no more of two lanes than it may of one, and drains both', async () => {
    const queue = open();
    const worker = open();
    const COUNT = 120;
    const body = (put: number) => message(`${String(put).padEnd(39_999)}\n`);
    for (let put = 0; put < COUNT; put++) {
      await queue.depth(QUEUE);
      await queue.publish(scope, QUEUE, body(put));
    }
    const taken: string[] = [];
    while (taken.length < COUNT) {
      const deliveries = await worker.take(QUEUE, TAKE);
      expect(worker.held(QUEUE).bytes).toBeLessThan(1.3 * WINDOW_BYTES);
      taken.push(...bodies(deliveries));
      await worker.acknowledge(QUEUE, deliveries);
    }
    expect(taken.map(Number).sort((a, b) => a - b)).toEqual([...Array(COUNT).keys()]);
  });
});
