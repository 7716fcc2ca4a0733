import { waitFor } from '../../../test/support/wait-for';
import type { IngestQueue } from '../../core/src/ingest/ingest-queue.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import {
  AT_ONCE,
  bodies,
  collect,
  type IngestQueueEngine,
  IngestQueueSubject,
  LEASE,
  messageOf,
} from './given-ingest-queue.conformance';

const encoder = new TextEncoder();

/** Publishing and taking. */
export function ingestQueueTakingConformance(start: () => Promise<IngestQueueEngine>): void {
  let subject: IngestQueueSubject;
  let queue: IngestQueue;
  let mine: ProjectScope;

  beforeAll(async () => {
    subject = new IngestQueueSubject(await start());
    ({ mine } = subject);
  });
  beforeEach(async () => {
    queue = await subject.open();
  });
  afterEach(() => subject.clear());
  afterAll(() => subject.engine.end());

  const publish = (body: string, scope = mine) => queue.publish(scope, 'logs.ingest', messageOf(body));

  it('delivers what was published, byte for byte, with its project, count and request', async () => {
    const ndjson = Uint8Array.from([0x7b, 0x22, 0xc3, 0xa4, 0x22, 0x7d, 0x0a, 0x00, 0xff, 0x0a]);
    await queue.publish(mine, 'logs.ingest', { ndjson, recordCount: 7, requestId: 'r-1' });
    const other = await subject.open();
    const [delivery, ...rest] = await other.take('logs.ingest', LEASE);
    expect(rest).toEqual([]);
    expect(delivery?.attempt).toBe(1);
    expect(delivery?.message).toMatchObject({
      projectId: mine.projectId,
      recordCount: 7,
      requestId: 'r-1',
    });
    expect([...(delivery?.message.ndjson ?? [])]).toEqual([...ndjson]);
  });

  it('keeps what it confirmed when the process that published is gone', async () => {
    const publisher = await subject.engine.open();
    await publisher.queue.publish(mine, 'logs.ingest', {
      ndjson: encoder.encode('kept\n'),
      recordCount: 1,
      requestId: 'r',
    });
    await publisher.close();
    expect(bodies(await queue.take('logs.ingest', LEASE))).toEqual(['kept\n']);
  });

  it('delivers the oldest first where no backlog waits, and keeps the queues apart', async () => {
    for (const body of ['1\n', '2\n', '3\n']) await publish(body);
    await queue.publish(mine, 'metrics.ingest', {
      ndjson: encoder.encode('m\n'),
      recordCount: 1,
      requestId: 'r',
    });
    expect(bodies(await collect(queue, 3))).toEqual(['1\n', '2\n', '3\n']);
    expect(bodies(await queue.take('metrics.ingest', LEASE))).toEqual(['m\n']);
  });

  it('takes what is put now long before a backlog is drained, and the backlog still moves', async () => {
    const worker = await subject.open();
    // As whoever publishes does, which must know that there is a backlog.
    const put = async (name: string) => {
      await queue.depth('logs.ingest');
      await publish(`${name.padEnd(999)}\n`);
    };
    for (let old = 0; old < 300; old++) await put(`old ${old}`);
    const taken: string[] = [];
    const ROUNDS = 40;
    for (let round = 0; round < ROUNDS; round++) {
      for (const which of ['a', 'b']) await put(`new ${round} ${which}`);
      const deliveries = await collect(worker, 8);
      taken.push(...bodies(deliveries).map((body) => body.trim()));
      await worker.acknowledge('logs.ingest', deliveries);
    }
    expect(taken).toHaveLength(ROUNDS * 8);
    // An engine may begin with what is no backlog yet, and until that is done put what comes behind it.
    const fresh = Array.from({ length: 20 }, (_, at) => [`new ${at + 10} a`, `new ${at + 10} b`]);
    expect(taken).toEqual(expect.arrayContaining(fresh.flat()));
    const old = taken.filter((name) => name.startsWith('old'));
    expect(old.length).toBeGreaterThanOrEqual(taken.length / 4);
    expect(old[0]).toBe('old 0');
  });

  it('puts the messages of one publish on disk together, or none of them', async () => {
    const message = (text: string, recordCount: number) => ({
      ndjson: new TextEncoder().encode(text),
      recordCount,
      requestId: 'r-1',
    });
    const impossible = { ...message('3\n', 1), recordCount: Number.NaN };
    await expect(
      queue.publish(mine, 'logs.ingest', message('1\n', 1), message('2\n', 1), impossible),
    ).rejects.toThrow();
    expect(await queue.depth('logs.ingest')).toMatchObject({ messages: 0 });
    await queue.publish(mine, 'logs.ingest', message('4\n', 1), message('5\n', 1));
    expect(bodies(await collect(queue, 2))).toEqual(['4\n', '5\n']);
  });

  it('confirms many publishes at once, and loses none of them', async () => {
    const expected = Array.from({ length: 300 }, (_, index) => `${index}\n`);
    await Promise.all(expected.map((body) => publish(body)));
    expect(bodies(await collect(queue, expected.length)).sort()).toEqual([...expected].sort());
  });

  it('bounds a take by messages and by bytes, yet delivers one that alone is too large', async () => {
    for (const body of ['aaaa\n', 'bbbb\n', 'cccc\n']) await publish(body);
    expect(bodies(await queue.take('logs.ingest', { ...LEASE, maxMessages: 1 }))).toEqual(['aaaa\n']);
    expect(bodies(await queue.take('logs.ingest', { ...LEASE, maxBytes: 9 }))).toEqual(['bbbb\n']);
    expect(bodies(await queue.take('logs.ingest', { ...LEASE, maxBytes: 1 }))).toEqual(['cccc\n']);
  });

  it('never gives one message to two takers', async () => {
    const expected = Array.from({ length: 200 }, (_, index) => `${index}\n`);
    await Promise.all(expected.map((body) => publish(body)));
    const seen: string[] = [];
    const drain = async (from: IngestQueue) => {
      for (;;) {
        const taken = await from.take('logs.ingest', { ...LEASE, maxMessages: 7, waitMs: 500 });
        if (taken.length === 0) return;
        seen.push(...bodies(taken));
        await from.acknowledge('logs.ingest', taken);
      }
    };
    const other = await subject.open();
    await Promise.all([drain(queue), drain(other), drain(queue), drain(other)]);
    expect([...seen].sort()).toEqual([...expected].sort());
  });

  it('wakes a taker that waits, also in another process', async () => {
    const other = await subject.open();
    expect(await other.take('logs.ingest', AT_ONCE)).toEqual([]);
    const waiting = other.take('logs.ingest', { ...LEASE, waitMs: 60_000 });
    await publish('wake\n');
    expect(bodies(await waiting)).toEqual(['wake\n']);
  });

  it('answers a take with none after the wait, and at once when told to stop', async () => {
    expect(await queue.take('logs.ingest', { ...LEASE, waitMs: 60 })).toEqual([]);
    const stop = new AbortController();
    const waiting = queue.take('logs.ingest', { ...LEASE, waitMs: 60_000 }, stop.signal);
    stop.abort();
    expect(await waiting).toEqual([]);
  });

  it('tells its depth: messages, bytes, age of the oldest and dead letters, whether taken or not', async () => {
    await publish('12345\n');
    await publish('1234567\n');
    await queue.take('logs.ingest', { ...LEASE, maxMessages: 1 });
    await queue.deadLetter(mine, 'logs.ingest', { ndjson: encoder.encode('x\n'), recordCount: 1 }, 'r');
    const depth = await waitFor('the depth', async () => {
      const answer = await queue.depth('logs.ingest');
      return answer.messages === 2 && answer.deadLetters === 1 ? answer : undefined;
    });
    // An engine that cannot be asked for bytes may estimate them.
    expect(depth.bytes).toBeGreaterThan(0);
    expect(depth.bytes).toBeLessThan(100);
    expect(depth.oldestAgeMs).toBeGreaterThanOrEqual(0);
    await waitFor('the oldest to age', async () =>
      (await queue.depth('logs.ingest')).oldestAgeMs > depth.oldestAgeMs ? true : undefined,
    );
    expect(await queue.depth('events.ingest')).toMatchObject({
      messages: 0,
      bytes: 0,
      oldestAgeMs: 0,
      deadLetters: 0,
    });
  });
}
