import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import {
  brokerForEach,
  MAX_ATTEMPTS,
  message,
  openQueue,
  quiet,
  scope,
  TAKE,
} from '../../../../test/support/rabbitmq-specs';
import { waitFor } from '../../../../test/support/wait-for';
import {
  CONFORMANCE_FRESH_BYTES,
  CONFORMANCE_MAX_ATTEMPTS,
} from '../../../conformance/src/given-ingest-queue.conformance';
import { ingestQueueConformance } from '../../../conformance/src/ingest-queue.conformance';
import { laneNameOf, queueNamesOf } from './queue-topology';

describeWithEngine('rabbitmq', 'RabbitMqIngestQueue', (url) => {
  ingestQueueConformance('RabbitMQ', async () => {
    const limits = { maxAttempts: CONFORMANCE_MAX_ATTEMPTS, maxFreshBytes: CONFORMANCE_FRESH_BYTES };
    const prefix = `test-${randomUUID()}.`;
    const admin = await connect(url);
    const channel = await admin.createChannel();
    const names = queueNamesOf(prefix);
    const first = openQueue(url, prefix, quiet, limits);
    await first.queue.depth('logs.ingest');
    await first.close();
    return {
      open: () => Promise.resolve(openQueue(url, prefix, quiet, limits)),
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
    const subject = brokerForEach(url);

    it('writes over the bytes of no batch that somebody may still be at, because its lease has ended', async () => {
      const { queue, close } = openQueue(url, subject.prefix);
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

    it('never confirms a message that reached no queue, and declares the queue again', async () => {
      const { queue, close } = openQueue(url, subject.prefix);
      await queue.publish(scope, 'logs.ingest', message('1\n'));
      await subject.channel.deleteQueue(laneNameOf(subject.prefix, 'logs.ingest', 'fresh'));
      await expect(queue.publish(scope, 'logs.ingest', message('2\n'))).rejects.toMatchObject({
        kind: 'unavailable',
      });
      await queue.publish(scope, 'logs.ingest', message('3\n'));
      const [taken] = await queue.take('logs.ingest', TAKE);
      expect(Buffer.from(taken?.message.ndjson ?? []).toString()).toBe('3\n');
      await close();
    });

    it('takes on after its consumer was cancelled with its queue', async () => {
      const { queue, close } = openQueue(url, subject.prefix);
      await queue.publish(scope, 'logs.ingest', message('1\n'));
      await queue.acknowledge('logs.ingest', await queue.take('logs.ingest', TAKE));
      await subject.channel.deleteQueue(laneNameOf(subject.prefix, 'logs.ingest', 'fresh'));
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

    it('sets a message aside whose processes die, but not for a few that die, or lose the broker, while it waits', async () => {
      const returnsPerAttempt = 10;
      const first = openQueue(url, subject.prefix);
      await first.queue.publish(scope, 'logs.ingest', message('fatal\n'));
      await first.close();
      for (let returns = 0; returns < MAX_ATTEMPTS * returnsPerAttempt; returns++) {
        const { broker, queue } = openQueue(url, subject.prefix);
        const taken = await queue.take('logs.ingest', TAKE);
        const attempt = 1 + Math.floor(returns / returnsPerAttempt);
        expect(taken.map((delivery) => delivery.attempt)).toEqual([attempt]);
        // As a killed process does: nothing is given back.
        await broker.close();
      }
      const { queue, close } = openQueue(url, subject.prefix);
      expect(await queue.take('logs.ingest', { ...TAKE, waitMs: 1000 })).toEqual([]);
      const [letter] = await waitFor('the dead letter', async () => {
        const { letters } = await queue.listDeadLetters(scope, 'logs.ingest', 10);
        return letters.length > 0 ? letters : undefined;
      });
      expect(letter).toMatchObject({ attempts: MAX_ATTEMPTS, preview: 'fatal\n' });
      await close();
    });

    it('sends again what was under way when the subject.channel was closed over another message', async () => {
      const { queue, close } = openQueue(url, subject.prefix);
      await queue.publish(scope, 'logs.ingest', message('first\n'));
      await subject.channel.deleteQueue(laneNameOf(subject.prefix, 'metrics.ingest', 'fresh'));
      const large = message(`${'x'.repeat(200_000)}\n`);
      const outcomes = await Promise.allSettled([
        queue.publish(scope, 'metrics.ingest', large),
        ...Array.from({ length: 20 }, () => queue.publish(scope, 'logs.ingest', large)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array(20).fill('fulfilled')]);
      await close();
    });

    it('knows the bytes that wait, also where several batches travel in one message of the broker', async () => {
      const { queue, close } = openQueue(url, subject.prefix);
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

    it('refuses what is larger than a broker takes, and harms nobody else with it', async () => {
      const { queue, close } = openQueue(url, subject.prefix);
      const huge = { ...message(''), ndjson: Buffer.alloc(17 * 1024 * 1024, 0x61) };
      const [small, large] = await Promise.allSettled([
        queue.publish(scope, 'logs.ingest', message('small\n')),
        queue.publish(scope, 'logs.ingest', huge),
      ]);
      expect(small.status).toBe('fulfilled');
      expect(large).toMatchObject({ status: 'rejected', reason: { kind: 'too_large' } });
      await close();
    });

    it('says before a publish what is too large for it, by the byte', async () => {
      const { queue, close } = openQueue(url, subject.prefix);
      const ofBytes = (bytes: number) => ({ ...message(''), ndjson: Buffer.alloc(bytes, 0x61) });
      const isTaken = async (bytes: number) =>
        queue.publish(scope, 'logs.ingest', ofBytes(bytes)).then(
          () => true,
          () => false,
        );
      const isChecked = (bytes: number) => {
        try {
          queue.checkSize(scope, ofBytes(bytes));
          return true;
        } catch (error) {
          expect(error).toMatchObject({ kind: 'too_large' });
          return false;
        }
      };
      let [least, most] = [1, 17 * 1024 * 1024];
      while (most - least > 1) {
        const middle = Math.floor((least + most) / 2);
        if (isChecked(middle)) least = middle;
        else most = middle;
      }
      expect([await isTaken(least), await isTaken(most)]).toEqual([true, false]);
      await close();
    });
  });
});
