import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { inspect } from 'node:util';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { compressSync } from 'snappy';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { waitFor } from '../../../../test/support/wait-for';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { scopeOfProject } from '../../../core/src/projects/project-scope';
import {
  CONFORMANCE_FRESH_BYTES,
  CONFORMANCE_MAX_ATTEMPTS,
  ingestQueueConformance,
} from '../../../conformance/src/ingest-queue.conformance';
import { encodeEnvelope } from '../../../contracts/src/queue-envelope.message';
import { systemClock } from '../../../core/src/common/clock';
import type { Delivery } from '../../../core/src/ingest/ingest-queue.port';
import type { Logger } from '../../../observability/src/app-logger';
import { Broker } from './broker';
import { MAX_CONTENT_BYTES } from './message-content';
import { deadLetterQueueNameOf, laneNameOf, queueNamesOf } from './queue-topology';
import { RabbitMqIngestQueue } from './rabbitmq-ingest-queue';

const quiet: Pick<Logger, 'error' | 'warn' | 'info'> = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
};

function openQueue(url: string, prefix: string, log = quiet) {
  const broker = new Broker({ url, applicationName: 'test', log });
  const queue = new RabbitMqIngestQueue(broker, {
    maxAttempts: CONFORMANCE_MAX_ATTEMPTS,
    window: { maxBytes: 16 * 1024 * 1024, maxMessages: 10_000 },
    maxFreshBytes: CONFORMANCE_FRESH_BYTES,
    prefix,
    clock: systemClock,
    log,
    depthMaxAgeMs: 10,
  });
  const close = async () => {
    await queue.close();
    await broker.close();
  };
  return { broker, queue, close };
}

/** A broker's address where it takes so long until one's first bytes arrive. While it is shut, nobody is let in. */
async function startDoor(url: string, { delayMs = 0, isShut = false }) {
  const { hostname, port } = new URL(url);
  const server = net.createServer((client) => {
    if (isShut) {
      client.destroy();
      return;
    }
    const timer = setTimeout(() => {
      const broker = net.connect(Number(port), hostname);
      broker.on('error', () => client.destroy());
      client.pipe(broker).pipe(client);
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
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describeWithEngine('rabbitmq', 'RabbitMqIngestQueue', (url) => {
  ingestQueueConformance('RabbitMQ', async () => {
    const prefix = `test-${randomUUID()}.`;
    const admin = await connect(url);
    const channel = await admin.createChannel();
    const names = queueNamesOf(prefix);
    const first = openQueue(url, prefix);
    await first.queue.depth('logs.ingest');
    await first.close();
    return {
      open: () => Promise.resolve(openQueue(url, prefix)),
      clear: async () => {
        for (const name of names) await channel.purgeQueue(name);
      },
      end: async () => {
        for (const name of names) await channel.deleteQueue(name);
        await admin.close();
      },
    };
  });

  describe('where the broker fails', () => {
    const scope = scopeOfProject(asId<ProjectId>(randomUUID()));
    const message = (body: string) => ({
      ndjson: Buffer.from(body),
      recordCount: 1,
      requestId: 'r',
    });
    const TAKE = { maxMessages: 100, maxBytes: 1_000_000, leaseMs: 60_000, waitMs: 10_000 };
    let prefix: string;
    let admin: ChannelModel;
    let channel: Channel;

    beforeEach(async () => {
      prefix = `test-${randomUUID()}.`;
      admin = await connect(url);
      channel = await admin.createChannel();
      channel.on('error', () => undefined);
    });
    afterEach(async () => {
      const cleaner = await admin.createChannel();
      for (const name of queueNamesOf(prefix)) await cleaner.deleteQueue(name);
      await admin.close();
    });

    it('writes over the bytes of no batch that somebody may still be at, because its lease has ended', async () => {
      const { queue, close } = openQueue(url, prefix);
      const large = (letter: string) => message(`${letter.repeat(200_000)}\n`);
      const take = async (leaseMs: number) => {
        const [delivery] = await queue.take('logs.ingest', { ...TAKE, leaseMs });
        return { deliveries: delivery === undefined ? [] : [delivery], ndjson: delivery?.message.ndjson };
      };
      const textOf = ({ ndjson }: { ndjson?: Uint8Array | undefined }) =>
        Buffer.from(ndjson ?? []).toString();
      await queue.publish(scope, 'logs.ingest', large('a'));
      const slow = await take(1);
      const quick = await take(60_000);
      expect(textOf(quick)).toBe(textOf(large('a')));
      await queue.acknowledge('logs.ingest', quick.deliveries);
      for (const letter of ['b', 'c', 'd']) {
        await queue.publish(scope, 'logs.ingest', large(letter));
        const next = await take(60_000);
        expect(textOf(next)).toBe(textOf(large(letter)));
        await queue.acknowledge('logs.ingest', next.deliveries);
      }
      expect(textOf(slow)).toBe(textOf(large('a')));
      await close();
    });

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

    it('never confirms a message that reached no queue, and declares the queue again', async () => {
      const { queue, close } = openQueue(url, prefix);
      await queue.publish(scope, 'logs.ingest', message('1\n'));
      await channel.deleteQueue(laneNameOf(prefix, 'logs.ingest', 'fresh'));
      await expect(queue.publish(scope, 'logs.ingest', message('2\n'))).rejects.toMatchObject({
        kind: 'unavailable',
      });
      await queue.publish(scope, 'logs.ingest', message('3\n'));
      const [taken] = await queue.take('logs.ingest', TAKE);
      expect(Buffer.from(taken?.message.ndjson ?? []).toString()).toBe('3\n');
      await close();
    });

    it('takes on after its consumer was cancelled with its queue', async () => {
      const { queue, close } = openQueue(url, prefix);
      await queue.publish(scope, 'logs.ingest', message('1\n'));
      await queue.acknowledge('logs.ingest', await queue.take('logs.ingest', TAKE));
      await channel.deleteQueue(laneNameOf(prefix, 'logs.ingest', 'fresh'));
      await waitFor('publishing again', async () => {
        try {
          await queue.publish(scope, 'logs.ingest', message('2\n'));
          return true;
        } catch {
          return undefined;
        }
      });
      const taken = await waitFor('a delivery', async () => {
        const some = await queue.take('logs.ingest', { ...TAKE, waitMs: 500 });
        return some.length > 0 ? some : undefined;
      });
      expect(taken).toHaveLength(1);
      await close();
    });

    it('counts the deliveries to processes that died, and sets the message aside after the last', async () => {
      const first = openQueue(url, prefix);
      await first.queue.publish(scope, 'logs.ingest', message('fatal\n'));
      await first.close();
      for (let attempt = 1; attempt <= CONFORMANCE_MAX_ATTEMPTS; attempt++) {
        const { broker, queue } = openQueue(url, prefix);
        const taken = await queue.take('logs.ingest', TAKE);
        expect(taken.map((delivery) => delivery.attempt)).toEqual([attempt]);
        // As a killed process does: nothing is given back.
        await broker.close();
      }
      const { queue, close } = openQueue(url, prefix);
      expect(await queue.take('logs.ingest', { ...TAKE, waitMs: 1000 })).toEqual([]);
      const [letter] = await waitFor('the dead letter', async () => {
        const letters = await queue.listDeadLetters(scope, 'logs.ingest', 10);
        return letters.length > 0 ? letters : undefined;
      });
      expect(letter).toMatchObject({ attempts: CONFORMANCE_MAX_ATTEMPTS, preview: 'fatal\n' });
      await close();
    }, 30_000);

    it('loses no dead letter by being looked at, and shows the newest first', async () => {
      const { queue, close } = openQueue(url, prefix);
      const count = 45;
      for (let index = 0; index < count; index++)
        await queue.deadLetter(
          scope,
          'logs.ingest',
          { ndjson: Buffer.from(`${index}\n`), recordCount: 1 },
          'r',
        );
      for (let look = 0; look < 3; look++)
        expect(await queue.listDeadLetters(scope, 'logs.ingest', 100)).toHaveLength(count);
      const newest = await queue.listDeadLetters(scope, 'logs.ingest', 10);
      const times = newest.map(({ failedAtMs }) => failedAtMs);
      expect(times).toEqual([...times].sort((a, b) => b - a));
      expect(await queue.replayDeadLetters(scope, 'logs.ingest')).toBe(count);
      const received: string[] = [];
      while (received.length < count) {
        const taken = await queue.take('logs.ingest', TAKE);
        received.push(...taken.map((delivery) => Buffer.from(delivery.message.ndjson).toString().trim()));
        await queue.acknowledge('logs.ingest', taken);
      }
      expect(received.map(Number).sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
      await close();
    }, 30_000);

    it('loses no dead letter that fails once more while others are still replayed', async () => {
      const { queue, close } = openQueue(url, prefix);
      const count = 40;
      const bury = (ndjson: Uint8Array) =>
        queue.deadLetter(scope, 'logs.ingest', { ndjson, recordCount: 1 }, 'is refused');
      for (let index = 0; index < count; index++) await bury(Buffer.from(`${index}\n`));
      const replayed = queue.replayDeadLetters(scope, 'logs.ingest');
      for (let failed = 0; failed < count;) {
        const taken = await queue.take('logs.ingest', TAKE);
        for (const { message } of taken) await bury(message.ndjson);
        await queue.acknowledge('logs.ingest', taken);
        failed += taken.length;
      }
      expect(await replayed).toBe(count);
      expect(await queue.listDeadLetters(scope, 'logs.ingest', 100)).toHaveLength(count);
      await close();
    }, 60_000);

    it('sets a message aside that is none of ours, and goes on with the next', async () => {
      const { queue, close } = openQueue(url, prefix);
      await queue.depth('logs.ingest');
      channel.sendToQueue(laneNameOf(prefix, 'logs.ingest', 'fresh'), Buffer.from('hello'));
      const taking = queue.take('logs.ingest', TAKE);
      await queue.publish(scope, 'logs.ingest', message('ours\n'));
      expect((await taking).map((delivery) => Buffer.from(delivery.message.ndjson).toString())).toEqual([
        'ours\n',
      ]);
      await waitFor('the dead letter', async () =>
        (await queue.depth('logs.ingest')).deadLetters === 1 ? true : undefined,
      );
      expect(await queue.listDeadLetters(scope, 'logs.ingest', 10)).toEqual([]);
      await close();
    });

    it('takes what a version before compression put there, beside what is compressed', async () => {
      const { queue, close } = openQueue(url, prefix);
      const fresh = laneNameOf(prefix, 'logs.ingest', 'fresh');
      await queue.depth('logs.ingest');
      const lines = '{"message":"a line"}\n'.repeat(1000);
      const part = { message: { ...message(lines), projectId: scope.projectId }, attempts: 0 };
      const content = encodeEnvelope({ publishedAtMs: 1, parts: [part] });
      channel.sendToQueue(fresh, content, { persistent: true, mandatory: true });
      await queue.publish(scope, 'logs.ingest', message(lines));
      const taken: Delivery[] = [];
      while (taken.length < 2) taken.push(...(await queue.take('logs.ingest', TAKE)));
      for (const delivery of taken) expect(Buffer.from(delivery.message.ndjson).toString()).toBe(lines);
      await close();
    });

    it('compresses what many records take in the queue, and counts their own bytes', async () => {
      const { queue, close } = openQueue(url, prefix);
      const lines = '{"message":"a line"}\n'.repeat(1000);
      await queue.publish(scope, 'logs.ingest', message(lines));
      const depth = await waitFor('the message', async () => {
        const found = await queue.depth('logs.ingest');
        return found.messages === 1 && found.bytes > 0 ? found : undefined;
      });
      expect(depth.bytes).toBe(lines.length);
      const sent = await channel.get(laneNameOf(prefix, 'logs.ingest', 'fresh'));
      if (sent === false) throw new Error('the queue is empty');
      expect(sent.properties.contentEncoding).toBe('snappy');
      expect(sent.content.length).toBeLessThan(lines.length / 5);
      channel.nack(sent);
      const [taken] = await queue.take('logs.ingest', TAKE);
      expect(Buffer.from(taken?.message.ndjson ?? []).toString()).toBe(lines);
      expect(queue.held('logs.ingest')).toEqual({ messages: 1, bytes: lines.length });
      await close();
    });

    it('sets aside what is compressed and broken, says that it holds too much, or is encoded otherwise', async () => {
      const { queue, close } = openQueue(url, prefix);
      const fresh = laneNameOf(prefix, 'logs.ingest', 'fresh');
      await queue.depth('logs.ingest');
      const part = { message: { ...message('x\n'), projectId: scope.projectId }, attempts: 0 };
      const envelope = encodeEnvelope({ publishedAtMs: 1, parts: [part] });
      const whole = compressSync(envelope);
      const tooMuch = Buffer.from('ffffffff0f00', 'hex');
      for (const content of [whole.subarray(0, -1), tooMuch])
        channel.sendToQueue(fresh, content, { contentEncoding: 'snappy' });
      channel.sendToQueue(fresh, envelope, { contentEncoding: 'gzip' });
      channel.sendToQueue(fresh, whole, { contentEncoding: 'snappy' });
      const [taken] = await queue.take('logs.ingest', TAKE);
      expect(Buffer.from(taken?.message.ndjson ?? []).toString()).toBe('x\n');
      await waitFor('the dead letters', async () =>
        (await queue.depth('logs.ingest')).deadLetters === 3 ? true : undefined,
      );
      expect(await queue.listDeadLetters(scope, 'logs.ingest', 10)).toEqual([]);
      await close();
    });

    it('shows and hands out again what was set aside compressed, also by a version that cannot read it', async () => {
      const { queue, close } = openQueue(url, prefix);
      const lines = (letter: string) => `${letter.repeat(20)}\n`.repeat(1000);
      const dead = deadLetterQueueNameOf(prefix, 'logs.ingest');
      await queue.publish(scope, 'logs.ingest', message(lines('a')));
      const refused = await channel.get(laneNameOf(prefix, 'logs.ingest', 'fresh'));
      if (refused === false) throw new Error('the queue is empty');
      channel.nack(refused, false, false);
      await queue.deadLetter(
        scope,
        'logs.ingest',
        { ndjson: Buffer.from(lines('b')), recordCount: 1000 },
        'r',
      );
      const letters = await waitFor('both dead letters', async () => {
        const found = await queue.listDeadLetters(scope, 'logs.ingest', 10);
        return found.length === 2 ? found : undefined;
      });
      expect(letters.map(({ preview }) => preview.slice(0, 20)).sort()).toEqual([
        'a'.repeat(20),
        'b'.repeat(20),
      ]);
      const letter = await channel.get(dead);
      if (letter === false) throw new Error('the queue is empty');
      expect(letter.properties.contentEncoding).toBe('snappy');
      channel.nack(letter);
      await waitFor('its return', async () =>
        (await channel.checkQueue(dead)).messageCount === 2 ? true : undefined,
      );
      expect(await queue.replayDeadLetters(scope, 'logs.ingest')).toBe(2);
      const taken: Delivery[] = [];
      while (taken.length < 2) taken.push(...(await queue.take('logs.ingest', TAKE)));
      const texts = taken.map((delivery) => Buffer.from(delivery.message.ndjson).toString());
      expect(texts.sort()).toEqual([lines('a'), lines('b')]);
      await close();
    });

    it('sends again what was under way when the channel was closed over another message', async () => {
      const { queue, close } = openQueue(url, prefix);
      await queue.publish(scope, 'logs.ingest', message('first\n'));
      await channel.deleteQueue(laneNameOf(prefix, 'metrics.ingest', 'fresh'));
      const large = message(`${'x'.repeat(200_000)}\n`);
      const outcomes = await Promise.allSettled([
        queue.publish(scope, 'metrics.ingest', large),
        ...Array.from({ length: 20 }, () => queue.publish(scope, 'logs.ingest', large)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array(20).fill('fulfilled')]);
      await close();
    });

    it('knows the bytes that wait, also where several batches travel in one message of the broker', async () => {
      const { queue, close } = openQueue(url, prefix);
      const large = message(`${'x'.repeat(99_999)}\n`);
      for (let request = 0; request < 5; request++) await queue.publish(scope, 'logs.ingest', large, large);
      await Promise.all(
        Array.from({ length: 50 }, () => queue.publish(scope, 'logs.ingest', message('small\n'))),
      );
      const depth = await waitFor('a count without what was published meanwhile', async () => {
        const found = await queue.depth('logs.ingest');
        return found.bytes === 1_000_300 ? found : undefined;
      });
      expect(depth.messages).toBeLessThan(55);
      await close();
    });

    it('waits for a broker that is slow to let a process in', async () => {
      const slow = await startDoor(url, { delayMs: 1500 });
      const { queue, close } = openQueue(slow.url, prefix);
      await queue.publish(scope, 'logs.ingest', message('x\n'));
      await close();
      await slow.close();
    });

    it('can set aside the largest message that it takes, with its reason', async () => {
      const { queue, close } = openQueue(url, prefix);
      const publish = async (missing: number): Promise<number> => {
        const ndjson = Buffer.alloc(MAX_CONTENT_BYTES - missing, 0x61);
        try {
          await queue.publish(scope, 'logs.ingest', { ...message(''), ndjson });
          return ndjson.length;
        } catch (error) {
          expect(error).toMatchObject({ kind: 'too_large' });
          return publish(2 * missing);
        }
      };
      const largest = await publish(300);
      const reason = '"'.repeat(500);
      for (let attempt = 1; attempt <= CONFORMANCE_MAX_ATTEMPTS; attempt++)
        await queue.release('logs.ingest', await queue.take('logs.ingest', TAKE), { reason, delayMs: 0 });
      expect(await queue.listDeadLetters(scope, 'logs.ingest', 10)).toMatchObject([
        { reason, attempts: CONFORMANCE_MAX_ATTEMPTS },
      ]);
      expect(await queue.replayDeadLetters(scope, 'logs.ingest')).toBe(1);
      const [again] = await queue.take('logs.ingest', TAKE);
      expect(again?.message.ndjson).toHaveLength(largest);
      await close();
    });

    it('refuses what is larger than a broker takes, and harms nobody else with it', async () => {
      const { queue, close } = openQueue(url, prefix);
      const huge = { ...message(''), ndjson: Buffer.alloc(17 * 1024 * 1024, 0x61) };
      const [small, large] = await Promise.allSettled([
        queue.publish(scope, 'logs.ingest', message('small\n')),
        queue.publish(scope, 'logs.ingest', huge),
      ]);
      expect(small.status).toBe('fulfilled');
      expect(large).toMatchObject({ status: 'rejected', reason: { kind: 'too_large' } });
      await close();
    });
  });
});
