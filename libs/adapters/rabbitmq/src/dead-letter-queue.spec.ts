import { startBrokerDoor } from '../../../../test/support/broker-door';
import { newScope } from '../../../../test/support/new-scope';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import {
  brokerForEach,
  LIMITS,
  MAX_ATTEMPTS,
  message,
  openQueue,
  quiet,
  scope,
  TAKE,
} from '../../../../test/support/rabbitmq-specs';
import { waitFor } from '../../../../test/support/wait-for';
import { encodeEnvelope } from '../../../contracts/src/queue-envelope.message';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { MAX_CONTENT_BYTES } from './message-content';
import { laneNameOf } from './queue-topology';

describeWithEngine('rabbitmq', 'what is set aside on RabbitMQ', (url) => {
  const subject = brokerForEach(url);

  it('loses no dead letter by being looked at, and shows the newest first', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    const count = 45;
    for (let index = 0; index < count; index++)
      await queue.deadLetter(
        scope,
        'logs.ingest',
        { ndjson: Buffer.from(`${index}\n`), recordCount: 1 },
        'r',
      );
    for (let look = 0; look < 3; look++)
      expect((await queue.listDeadLetters(scope, 'logs.ingest', 100)).letters).toHaveLength(count);
    const { letters: newest } = await queue.listDeadLetters(scope, 'logs.ingest', 10);
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
  });

  it('ends a look that a broker does not answer, for which others wait, and looks again when it does', async () => {
    // By which such a broker is found out else.
    const silentUrl = new URL(url);
    silentUrl.searchParams.set('heartbeat', '0');
    const door = await startBrokerDoor(silentUrl.href);
    const { queue, close } = openQueue(door.url, subject.prefix);
    const look = () => queue.listDeadLetters(scope, 'logs.ingest', 10);
    await queue.deadLetter(scope, 'logs.ingest', { ndjson: Buffer.from('{}\n'), recordCount: 1 }, 'r');
    expect((await look()).letters).toHaveLength(1);
    door.hush();
    await expect(look()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('not answered') as string,
    });
    door.unhush();
    await waitFor('the letter to be seen again', async () =>
      (await look()).letters.length === 1 ? true : undefined,
    );
    await close();
    await door.close();
  });

  it('takes those that it does not look at for shared as those that it does, and counts all of them', async () => {
    const limits = { ...LIMITS, maxHeldDeadLetters: 4 };
    const { queue, close } = openQueue(url, subject.prefix, quiet, limits);
    const other = newScope();
    for (const [index, whose] of [other, other, scope, other, scope, scope, scope, scope].entries())
      await queue.deadLetter(
        whose,
        'logs.ingest',
        { ndjson: Buffer.from(`${index}\n`), recordCount: 1 },
        'r',
      );
    expect(await queue.deadLettersByProject('logs.ingest')).toEqual(
      new Map([
        [other.projectId, 6],
        [scope.projectId, 2],
      ]),
    );
    await waitFor('all to lie there again', async () =>
      (await queue.depth('logs.ingest')).deadLetters === 8 ? true : undefined,
    );
    await close();
  });

  it('reaches a project’s dead letters behind more of another’s than a look holds, and loses none of either', async () => {
    const limits = { ...LIMITS, maxHeldDeadLetters: 25 };
    const { queue, close } = openQueue(url, subject.prefix, quiet, limits);
    const other = newScope();
    const bury = (whose: ProjectScope, text: string) =>
      queue.deadLetter(whose, 'logs.ingest', { ndjson: Buffer.from(`${text}\n`), recordCount: 1 }, 'r');
    for (let index = 0; index < 70; index++) await bury(other, `other ${index}`);
    for (let index = 0; index < 3; index++) await bury(scope, `mine ${index}`);
    expect(await queue.listDeadLetters(scope, 'logs.ingest', 10)).toEqual({ letters: [], mayBeMore: true });
    expect(await queue.replayDeadLetters(scope, 'logs.ingest')).toBe(3);
    expect(await queue.replayDeadLetters(scope, 'logs.ingest')).toBe(0);
    expect(await queue.replayDeadLetters(other, 'logs.ingest')).toBe(70);
    const received: string[] = [];
    while (received.length < 73) {
      const taken = await queue.take('logs.ingest', TAKE);
      received.push(...taken.map((delivery) => Buffer.from(delivery.message.ndjson).toString().trim()));
      await queue.acknowledge('logs.ingest', taken);
    }
    expect(new Set(received).size).toBe(73);
    expect((await queue.depth('logs.ingest')).deadLetters).toBe(0);
    await close();
  });

  it('replays a letter that was set aside twice with its copy, also where it was chosen, and counts it once', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    const bury = (text: string) =>
      queue.deadLetter(scope, 'logs.ingest', { ndjson: Buffer.from(`${text}\n`), recordCount: 1 }, 'r');
    for (const text of ['a', 'other', 'a', 'b', 'b']) await bury(text);
    const { letters } = await queue.listDeadLetters(scope, 'logs.ingest', 10);
    const [chosen] = letters.filter(({ preview }) => preview.trim() === 'a');
    expect(letters).toHaveLength(3);
    expect(await queue.replayDeadLetters(scope, 'logs.ingest', [chosen?.deadLetterId ?? ''])).toBe(1);
    const leftOver = (await queue.listDeadLetters(scope, 'logs.ingest', 10)).letters;
    expect(leftOver.map(({ preview }) => preview.trim()).sort()).toEqual(['b', 'other']);
    expect(await queue.replayDeadLetters(scope, 'logs.ingest')).toBe(2);
    expect((await queue.listDeadLetters(scope, 'logs.ingest', 10)).letters).toEqual([]);
    await close();
  });

  it('loses no dead letter that fails once more while others are still replayed', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
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
    expect((await queue.listDeadLetters(scope, 'logs.ingest', 100)).letters).toHaveLength(count);
    await close();
  });

  it('sets a message aside that is none of ours, and goes on with the next', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    await queue.depth('logs.ingest');
    subject.channel.sendToQueue(laneNameOf(subject.prefix, 'logs.ingest', 'fresh'), Buffer.from('hello'));
    const taking = queue.take('logs.ingest', TAKE);
    await queue.publish(scope, 'logs.ingest', message('ours\n'));
    expect((await taking).map((delivery) => Buffer.from(delivery.message.ndjson).toString())).toEqual([
      'ours\n',
    ]);
    await waitFor('the dead letter', async () =>
      (await queue.depth('logs.ingest')).deadLetters === 1 ? true : undefined,
    );
    expect((await queue.listDeadLetters(scope, 'logs.ingest', 10)).letters).toEqual([]);
    await close();
  });

  it('discards a letter with its copy, also where that lies far behind it', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    const bury = (text: string) =>
      queue.deadLetter(scope, 'logs.ingest', { ndjson: Buffer.from(`${text}\n`), recordCount: 1 }, 'r');
    await bury('twice');
    for (let index = 0; index < 45; index++) await bury(`between ${index}`);
    await bury('twice');
    expect(await queue.discardDeadLetters(scope, 'logs.ingest')).toBe(46);
    expect((await queue.depth('logs.ingest')).deadLetters).toBe(0);
    expect(await queue.take('logs.ingest', { ...TAKE, waitMs: 0 })).toEqual([]);
    await close();
  });

  it('sets aside what holds no batch, and takes on however much of it there is', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    await queue.depth('logs.ingest');
    const count = 10;
    for (let index = 0; index < count; index++)
      subject.channel.sendToQueue(
        laneNameOf(subject.prefix, 'logs.ingest', 'fresh'),
        encodeEnvelope({ publishedAtMs: 1, parts: [] }),
      );
    await queue.publish(scope, 'logs.ingest', message('ours\n'));
    const [taken] = await queue.take('logs.ingest', TAKE);
    expect(Buffer.from(taken?.message.ndjson ?? []).toString()).toBe('ours\n');
    await waitFor('the dead letters', async () =>
      (await queue.depth('logs.ingest')).deadLetters === count ? true : undefined,
    );
    expect(queue.held('logs.ingest').messages).toBe(1);
    await close();
  });

  it('can set aside the largest message that it takes, with its reason', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
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
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++)
      await queue.release('logs.ingest', await queue.take('logs.ingest', TAKE), { reason, delayMs: 0 });
    expect((await queue.listDeadLetters(scope, 'logs.ingest', 10)).letters).toMatchObject([
      { reason, attempts: MAX_ATTEMPTS },
    ]);
    expect(await queue.replayDeadLetters(scope, 'logs.ingest')).toBe(1);
    const [again] = await queue.take('logs.ingest', TAKE);
    expect(again?.message.ndjson).toHaveLength(largest);
    await close();
  });
});
