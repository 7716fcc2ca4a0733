import net from 'node:net';
import { inspect } from 'node:util';
import type { lookup as lookupAny } from 'node:dns';
import { startBrokerDoor } from '../../../../test/support/broker-door';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import {
  brokerForEach,
  LIMITS,
  message,
  openQueue,
  quiet,
  scope,
} from '../../../../test/support/rabbitmq-specs';
import { waitFor } from '../../../../test/support/wait-for';
import { lookupInTurn } from '../../../runtime/src/lookup-in-turn';
import { Broker } from './broker';
import { laneNameOf } from './queue-topology';

describeWithEngine('rabbitmq', 'a broker that refuses, or is late', (url) => {
  const subject = brokerForEach(url);

  it('says once that a queue has other arguments, fails until it is gone, and goes on by itself', async () => {
    await subject.channel.assertQueue(laneNameOf(subject.prefix, 'logs.ingest', 'fresh'), { durable: true });
    const lines: object[] = [];
    const { broker, queue, close } = openQueue(url, subject.prefix, {
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
    await subject.channel.deleteQueue(laneNameOf(subject.prefix, 'logs.ingest', 'fresh'));
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
    await subject.channel.assertQueue(laneNameOf(subject.prefix, 'logs.ingest', 'fresh'), { durable: true });
    const door = await startBrokerDoor(url, { isShut: true });
    const { broker, queue, close } = openQueue(door.url, subject.prefix);
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

  it('leaves a node of a cluster that takes connections and says nothing for the next address of the name', async () => {
    const door = await startBrokerDoor(url);
    const cluster = new URL(door.url);
    const taken: net.Socket[] = [];
    const hanging = net.createServer((socket) => void taken.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => hanging.listen(Number(cluster.port), '127.0.0.2', resolve));
    cluster.hostname = 'cluster';
    const nodes = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }));
    const lookup = lookupInTurn(((_name: string, _options: object, found: (...answer: unknown[]) => void) =>
      found(null, nodes)) as typeof lookupAny);
    const broker = new Broker({ url: cluster.href, applicationName: 'test', log: quiet, lookup });
    await waitFor('both connections', () => (broker.states().join() === 'up,up' ? true : undefined));
    expect(taken).toHaveLength(2);
    await broker.close();
    for (const socket of taken) socket.destroy();
    await new Promise((resolve) => hanging.close(resolve));
    await door.close();
  }, 30_000);

  it('says that the password is wrong, without showing it', async () => {
    const wrong = new URL(url);
    wrong.password = 'no-such-password';
    const lines: unknown[] = [];
    const { broker, queue, close } = openQueue(wrong.href, subject.prefix, {
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
    const door = await startBrokerDoor(url);
    const { queue, close } = openQueue(door.url, subject.prefix);
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

  it('waits for all answers of a broker that gives each of them late, but in its time', async () => {
    const door = await startBrokerDoor(url);
    const { queue, close } = openQueue(door.url, subject.prefix, quiet, {
      ...LIMITS,
      depthAnswerTimeoutMs: 1000,
    });
    await queue.depth('logs.ingest');
    door.answerAfter(600);
    expect(await queue.depth('metrics.ingest')).toMatchObject({ messages: 0, deadLetters: 0 });
    door.answerAfter(0);
    await close();
    await door.close();
  });

  it('waits for a broker that is slow to let a process in', async () => {
    const slow = await startBrokerDoor(url, { delayMs: 1500 });
    const { queue, close } = openQueue(slow.url, subject.prefix);
    await queue.publish(scope, 'logs.ingest', message('x\n'));
    await close();
    await slow.close();
  });
});
