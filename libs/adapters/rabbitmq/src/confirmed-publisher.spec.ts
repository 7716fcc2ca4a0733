import { randomBytes } from 'node:crypto';
import { startBrokerDoor } from '../../../../test/support/broker-door';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { brokerForEach, message, openQueue, scope } from '../../../../test/support/rabbitmq-specs';
import { waitFor } from '../../../../test/support/wait-for';
import type { QueueLane } from '../../../core/src/ingest/queue-lane';
import { laneNameOf } from './queue-topology';

describeWithEngine('rabbitmq', 'a broker that takes less than what comes', (url) => {
  const subject = brokerForEach(url);

  async function contentsOf(...lanes: readonly QueueLane[]): Promise<readonly Buffer[]> {
    const contents: Buffer[] = [];
    for (const lane of lanes)
      for (;;) {
        const taken = await subject.channel.get(laneNameOf(subject.prefix, 'logs.ingest', lane), {
          noAck: true,
        });
        if (taken === false) break;
        contents.push(taken.content);
      }
    return contents;
  }

  const isConfirming = (queue: { checkConfirms(): void }) => {
    try {
      queue.checkConfirms();
      return true;
    } catch {
      return undefined;
    }
  };

  it('leaves a channel over which a queue no longer confirms for another one, and what is sent then arrives', async () => {
    const door = await startBrokerDoor(url);
    const { queue, close } = openQueue(door.url, subject.prefix);
    await queue.publish(scope, 'logs.ingest', message('first\n'));
    door.loseConfirms();
    await expect(queue.publish(scope, 'logs.ingest', message('silence\n'))).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await waitFor('a message to be confirmed again', () =>
      queue.publish(scope, 'logs.ingest', message('again\n')).then(
        () => true,
        () => undefined,
      ),
    );
    expect(isConfirming(queue)).toBe(true);
    await close();
    await door.close();
  });

  it('fills no memory with what was given up: nothing is added until the broker has most of it', async () => {
    const door = await startBrokerDoor(url);
    const { queue, close } = openQueue(door.url, subject.prefix);
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
    expect(() => queue.checkConfirms()).toThrow(/does not confirm what is sent to .*logs\.ingest.*: look at/);
    door.slow(false);
    await waitFor('what was given up to arrive, and the next to be taken', () =>
      queue.publish(scope, 'metrics.ingest', message('next\n')).then(
        () => true,
        () => undefined,
      ),
    );
    await waitFor('late confirms to be seen', () => Promise.resolve(isConfirming(queue)));
    const arrived = await contentsOf('fresh', 'backlog');
    expect(arrived.length).toBeGreaterThan(count / 2);
    expect(arrived.filter((content) => content.includes('one more'))).toEqual([]);
    await close();
    await door.close();
  });
});
