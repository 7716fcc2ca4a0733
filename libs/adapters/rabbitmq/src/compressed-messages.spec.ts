import { compressSync } from 'snappy';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { brokerForEach, message, openQueue, scope, TAKE } from '../../../../test/support/rabbitmq-specs';
import { waitFor } from '../../../../test/support/wait-for';
import { encodeEnvelope } from '../../../contracts/src/queue-envelope.message';
import type { Delivery } from '../../../core/src/ingest/ingest-queue.port';
import { deadLetterQueueNameOf, laneNameOf } from './queue-topology';

describeWithEngine('rabbitmq', 'compressed messages', (url) => {
  const subject = brokerForEach(url);

  it('takes what a version before compression put there, beside what is compressed', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    const fresh = laneNameOf(subject.prefix, 'logs.ingest', 'fresh');
    await queue.depth('logs.ingest');
    const lines = '{"message":"a line"}\n'.repeat(1000);
    const part = { message: { ...message(lines), projectId: scope.projectId }, attempts: 0 };
    const content = encodeEnvelope({ publishedAtMs: 1, parts: [part] });
    subject.channel.sendToQueue(fresh, content, { persistent: true, mandatory: true });
    await queue.publish(scope, 'logs.ingest', message(lines));
    const taken: Delivery[] = [];
    while (taken.length < 2) taken.push(...(await queue.take('logs.ingest', TAKE)));
    for (const delivery of taken) expect(Buffer.from(delivery.message.ndjson).toString()).toBe(lines);
    await close();
  });

  it('compresses what many records take in the queue, and counts their own bytes', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    const lines = '{"message":"a line"}\n'.repeat(1000);
    await queue.publish(scope, 'logs.ingest', message(lines));
    const depth = await waitFor('the message', async () => {
      const found = await queue.depth('logs.ingest');
      return found.messages === 1 && found.bytes > 0 ? found : undefined;
    });
    expect(depth.bytes).toBe(lines.length);
    const sent = await subject.channel.get(laneNameOf(subject.prefix, 'logs.ingest', 'fresh'));
    if (sent === false) throw new Error('the queue is empty');
    expect(sent.properties.contentEncoding).toBe('snappy');
    expect(sent.content.length).toBeLessThan(lines.length / 5);
    subject.channel.nack(sent);
    const [taken] = await queue.take('logs.ingest', TAKE);
    expect(Buffer.from(taken?.message.ndjson ?? []).toString()).toBe(lines);
    expect(queue.held('logs.ingest')).toEqual({ messages: 1, bytes: lines.length });
    await close();
  });

  it('sets aside what is compressed and broken, says that it holds too much, or is encoded otherwise', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    const fresh = laneNameOf(subject.prefix, 'logs.ingest', 'fresh');
    await queue.depth('logs.ingest');
    const part = { message: { ...message('x\n'), projectId: scope.projectId }, attempts: 0 };
    const envelope = encodeEnvelope({ publishedAtMs: 1, parts: [part] });
    const whole = compressSync(envelope);
    const tooMuch = Buffer.from('ffffffff0f00', 'hex');
    for (const content of [whole.subarray(0, -1), tooMuch])
      subject.channel.sendToQueue(fresh, content, { contentEncoding: 'snappy' });
    subject.channel.sendToQueue(fresh, envelope, { contentEncoding: 'gzip' });
    subject.channel.sendToQueue(fresh, whole, { contentEncoding: 'snappy' });
    const [taken] = await queue.take('logs.ingest', TAKE);
    expect(Buffer.from(taken?.message.ndjson ?? []).toString()).toBe('x\n');
    await waitFor('the dead letters', async () =>
      (await queue.depth('logs.ingest')).deadLetters === 3 ? true : undefined,
    );
    expect((await queue.listDeadLetters(scope, 'logs.ingest', 10)).letters).toEqual([]);
    await close();
  });

  it('shows and hands out again what was set aside compressed, also by a version that cannot read it', async () => {
    const { queue, close } = openQueue(url, subject.prefix);
    const lines = (letter: string) => `${letter.repeat(20)}\n`.repeat(1000);
    const dead = deadLetterQueueNameOf(subject.prefix, 'logs.ingest');
    await queue.publish(scope, 'logs.ingest', message(lines('a')));
    const refused = await subject.channel.get(laneNameOf(subject.prefix, 'logs.ingest', 'fresh'));
    if (refused === false) throw new Error('the queue is empty');
    subject.channel.nack(refused, false, false);
    await queue.deadLetter(scope, 'logs.ingest', { ndjson: Buffer.from(lines('b')), recordCount: 1000 }, 'r');
    const letters = await waitFor('both dead letters', async () => {
      const { letters: found } = await queue.listDeadLetters(scope, 'logs.ingest', 10);
      return found.length === 2 ? found : undefined;
    });
    expect(letters.map(({ preview }) => preview.slice(0, 20)).sort()).toEqual([
      'a'.repeat(20),
      'b'.repeat(20),
    ]);
    const letter = await subject.channel.get(dead);
    if (letter === false) throw new Error('the queue is empty');
    expect(letter.properties.contentEncoding).toBe('snappy');
    subject.channel.nack(letter);
    await waitFor('its return', async () =>
      (await subject.channel.checkQueue(dead)).messageCount === 2 ? true : undefined,
    );
    expect(await queue.replayDeadLetters(scope, 'logs.ingest')).toBe(2);
    const taken: Delivery[] = [];
    while (taken.length < 2) taken.push(...(await queue.take('logs.ingest', TAKE)));
    const texts = taken.map((delivery) => Buffer.from(delivery.message.ndjson).toString());
    expect(texts.sort()).toEqual([lines('a'), lines('b')]);
    await close();
  });
});
