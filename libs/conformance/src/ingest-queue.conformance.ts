import { randomUUID } from 'node:crypto';
import { waitFor } from '../../../test/support/wait-for';
import { asId, type ProjectId } from '../../core/src/common/ids';
import type { Delivery, IngestQueue, TakeOptions } from '../../core/src/ingest/ingest-queue.port';
import { scopeOfProject } from '../../core/src/projects/project-scope';

/** One engine, empty, with queues that keep to the two limits below. */
export interface IngestQueueEngine {
  /** Another process's view of the same queues. */
  open(): Promise<{ readonly queue: IngestQueue; close(): Promise<void> }>;
  /** Removes all messages and dead letters. */
  clear(): Promise<void>;
  end(): Promise<void>;
}

export const CONFORMANCE_MAX_ATTEMPTS = 3;
/** What may wait in a queue before what comes passes it. */
export const CONFORMANCE_FRESH_BYTES = 20_000;

/** An engine that sends ahead may need a moment to begin. */
const LEASE: TakeOptions = { maxMessages: 100, maxBytes: 1_000_000, leaseMs: 60_000, waitMs: 10_000 };
const AT_ONCE: TakeOptions = { ...LEASE, waitMs: 150 };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What every IngestQueue promises. */
export function ingestQueueConformance(name: string, start: () => Promise<IngestQueueEngine>): void {
  describe(`IngestQueue on ${name}`, () => {
    let engine: IngestQueueEngine;
    let queue: IngestQueue;
    let closers: (() => Promise<void>)[] = [];
    const mine = scopeOfProject(asId<ProjectId>(randomUUID()));
    const theirs = scopeOfProject(asId<ProjectId>(randomUUID()));

    /** Each test has processes of its own, for a process may hold messages ahead of its takes. */
    const open = async () => {
      const opened = await engine.open();
      closers.push(opened.close);
      return opened.queue;
    };

    beforeAll(async () => {
      engine = await start();
    });
    beforeEach(async () => {
      queue = await open();
    });
    afterEach(async () => {
      for (const close of closers) await close();
      closers = [];
      await engine.clear();
    });
    afterAll(() => engine.end());

    const publish = (body: string, scope = mine) =>
      queue.publish(scope, 'logs.ingest', {
        ndjson: encoder.encode(body),
        recordCount: 1,
        requestId: `request-${body.trim()}`,
      });

    it('delivers what was published, byte for byte, with its project, count and request', async () => {
      const ndjson = Uint8Array.from([0x7b, 0x22, 0xc3, 0xa4, 0x22, 0x7d, 0x0a, 0x00, 0xff, 0x0a]);
      await queue.publish(mine, 'logs.ingest', { ndjson, recordCount: 7, requestId: 'r-1' });
      const other = await open();
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
      const publisher = await engine.open();
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
      const worker = await open();
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

    it('delivers nothing again that was acknowledged, and lets it be acknowledged twice', async () => {
      await publish('once\n');
      const taken = await queue.take('logs.ingest', { ...LEASE, leaseMs: 1 });
      await queue.acknowledge('logs.ingest', taken);
      await queue.acknowledge('logs.ingest', taken);
      await queue.acknowledge('logs.ingest', []);
      expect(await queue.take('logs.ingest', AT_ONCE)).toEqual([]);
      await waitForDepth(queue, 0);
    });

    it('hides a message while its lease runs, and delivers it again after', async () => {
      const other = await open();
      await publish('again\n');
      const [first] = await queue.take('logs.ingest', { ...LEASE, leaseMs: 600 });
      expect(await other.take('logs.ingest', AT_ONCE)).toEqual([]);
      const [second] = await takeFromAny(queue, other);
      expect(second?.attempt).toBe(2);
      expect(second?.deliveryId).not.toBe(first?.deliveryId);
    });

    it('does not let a late release take a message from its present holder', async () => {
      const other = await open();
      await publish('held\n');
      const late = await queue.take('logs.ingest', { ...LEASE, leaseMs: 1 });
      const present = await takeFromAny(queue, other);
      await queue.release('logs.ingest', late, { reason: 'late', delayMs: 0 });
      expect(await queue.take('logs.ingest', AT_ONCE)).toEqual([]);
      expect(await other.take('logs.ingest', AT_ONCE)).toEqual([]);
      await queue.acknowledge('logs.ingest', present);
      await other.acknowledge('logs.ingest', present);
      await waitForDepth(queue, 0);
    });

    it('delivers to others what a process has not acknowledged when it ends', async () => {
      const leaver = await engine.open();
      for (const body of ['1\n', '2\n', '3\n']) await publish(body);
      const taken = await leaver.queue.take('logs.ingest', { ...LEASE, maxMessages: 1 });
      await leaver.queue.release('logs.ingest', taken, { reason: 'it stops', delayMs: 0, isBlameless: true });
      await leaver.close();
      const received = await collect(queue, 3);
      expect(bodies(received).sort()).toEqual(['1\n', '2\n', '3\n']);
      expect(received.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
    });

    it('delivers a released message again, at once or after the delay', async () => {
      await publish('back\n');
      const first = await queue.take('logs.ingest', LEASE);
      await queue.release('logs.ingest', first, { reason: 'busy', delayMs: 0 });
      const second = await queue.take('logs.ingest', LEASE);
      expect(second.map(({ attempt }) => attempt)).toEqual([2]);
      await queue.release('logs.ingest', second, { reason: 'busy', delayMs: 600 });
      expect(await queue.take('logs.ingest', AT_ONCE)).toEqual([]);
      const third = await queue.take('logs.ingest', LEASE);
      expect(third.map(({ attempt }) => attempt)).toEqual([3]);
    });

    it('sets a message aside with the reason when its last delivery is released, and replays it afresh', async () => {
      await publish('poison\n');
      for (let attempt = 1; attempt <= CONFORMANCE_MAX_ATTEMPTS; attempt++) {
        const taken = await queue.take('logs.ingest', LEASE);
        expect(taken.map((delivery) => delivery.attempt)).toEqual([attempt]);
        await queue.release('logs.ingest', taken, { reason: `refused ${attempt}`, delayMs: 0 });
      }
      expect(await queue.take('logs.ingest', AT_ONCE)).toEqual([]);
      const [letter, ...rest] = await queue.listDeadLetters(mine, 'logs.ingest', 10);
      expect(rest).toEqual([]);
      expect(letter).toMatchObject({
        queue: 'logs.ingest',
        reason: `refused ${CONFORMANCE_MAX_ATTEMPTS}`,
        attempts: CONFORMANCE_MAX_ATTEMPTS,
        recordCount: 1,
        preview: 'poison\n',
      });
      expect(await queue.replayDeadLetters(mine, 'logs.ingest', [letter?.deadLetterId ?? ''])).toBe(1);
      expect(await queue.listDeadLetters(mine, 'logs.ingest', 10)).toEqual([]);
      const replayed = await queue.take('logs.ingest', LEASE);
      expect(bodies(replayed)).toEqual(['poison\n']);
      expect(replayed[0]?.attempt).toBe(1);
    });

    it('never sets a message aside for being given back without blame, however often', async () => {
      await publish('patient\n');
      const give = async (isBlameless: boolean) => {
        const taken = await queue.take('logs.ingest', LEASE);
        await queue.release('logs.ingest', taken, { reason: 'store is down', delayMs: 0, isBlameless });
        return taken.map((delivery) => delivery.attempt);
      };
      for (let blamed = 1; blamed < CONFORMANCE_MAX_ATTEMPTS; blamed++)
        expect(await give(false)).toEqual([blamed]);
      for (let round = 0; round < 3; round++) expect(await give(true)).toEqual([CONFORMANCE_MAX_ATTEMPTS]);
      expect(await queue.listDeadLetters(mine, 'logs.ingest', 10)).toEqual([]);
    });

    it('does not count a delivery that outlived its lease, where its holder says that nothing was wrong with it', async () => {
      await publish('slow store\n');
      for (let round = 0; round < CONFORMANCE_MAX_ATTEMPTS + 2; round++) {
        const [delivery] = await waitFor('a delivery', async () => {
          const taken = await queue.take('logs.ingest', { ...LEASE, leaseMs: 1 });
          return taken.length > 0 ? taken : undefined;
        });
        if (delivery === undefined) throw new Error('nothing was delivered');
        const [again] = await takeFromAny(queue, queue);
        if (again === undefined) throw new Error('nothing was delivered again');
        expect([delivery.attempt, again.attempt]).toEqual([1, 2]);
        await queue.release('logs.ingest', [delivery], { reason: 'late', delayMs: 0, isBlameless: true });
        await queue.release('logs.ingest', [again], { reason: 'late', delayMs: 0, isBlameless: true });
      }
      expect(await queue.listDeadLetters(mine, 'logs.ingest', 10)).toEqual([]);
    });

    it('sets a message aside whose holders all died', async () => {
      await publish('fatal\n');
      for (let attempt = 1; attempt <= CONFORMANCE_MAX_ATTEMPTS; attempt++) {
        await waitFor(`delivery ${attempt}`, async () => {
          const taken = await queue.take('logs.ingest', { ...LEASE, leaseMs: 1 });
          return taken.length > 0 ? true : undefined;
        });
      }
      const letters = await waitFor('the dead letter', async () => {
        expect(await queue.take('logs.ingest', AT_ONCE)).toEqual([]);
        const found = await queue.listDeadLetters(mine, 'logs.ingest', 10);
        return found.length > 0 ? found : undefined;
      });
      expect(letters.map(({ preview }) => preview)).toEqual(['fatal\n']);
    });

    it('keeps refused lines with their reason, once, and shows them to their own project only', async () => {
      const batch = { ndjson: encoder.encode('{"bad":"ä"}\n'), recordCount: 1 };
      await queue.deadLetter(mine, 'logs.ingest', batch, 'no such thing');
      await queue.deadLetter(mine, 'logs.ingest', batch, 'no such thing');
      expect(await queue.listDeadLetters(theirs, 'logs.ingest', 10)).toEqual([]);
      expect(await queue.listDeadLetters(mine, 'metrics.ingest', 10)).toEqual([]);
      const letters = await queue.listDeadLetters(mine, 'logs.ingest', 10);
      expect(letters).toMatchObject([{ reason: 'no such thing', recordCount: 1, preview: '{"bad":"ä"}\n' }]);
      const ids = letters.map(({ deadLetterId }) => deadLetterId);
      expect(await queue.replayDeadLetters(theirs, 'logs.ingest', ids)).toBe(0);
      expect(await queue.replayDeadLetters(mine, 'logs.ingest', ['unknown'])).toBe(0);
      expect(await queue.replayDeadLetters(mine, 'logs.ingest')).toBe(1);
      expect(bodies(await queue.take('logs.ingest', LEASE))).toEqual(['{"bad":"ä"}\n']);
    });

    it('shows one dead letter whole: its records, reason, attempts, and when it was queued and set aside', async () => {
      const beforeMs = Date.now() - 60_000;
      await publish('{"n":1}\n');
      for (let attempt = 1; attempt <= CONFORMANCE_MAX_ATTEMPTS; attempt++) {
        const taken = await queue.take('logs.ingest', LEASE);
        await queue.release('logs.ingest', taken, { reason: 'no room', delayMs: 0 });
      }
      const [letter] = await queue.listDeadLetters(mine, 'logs.ingest', 10);
      const id = letter?.deadLetterId ?? '';
      const found = await queue.findDeadLetter(mine, 'logs.ingest', id);
      expect(found).toMatchObject({ ...letter, requestId: 'request-{"n":1}', recordCount: 1 });
      expect(decoder.decode(found?.ndjson)).toBe('{"n":1}\n');
      expect(found?.queuedAtMs).toBeGreaterThan(beforeMs);
      expect(found?.failedAtMs).toBeGreaterThanOrEqual(found?.queuedAtMs ?? Infinity);
      expect(await queue.findDeadLetter(theirs, 'logs.ingest', id)).toBeUndefined();
      expect(await queue.findDeadLetter(mine, 'metrics.ingest', id)).toBeUndefined();
      expect(await queue.findDeadLetter(mine, 'logs.ingest', 'unknown')).toBeUndefined();
      const again = await queue.findDeadLetter(mine, 'logs.ingest', id);
      expect(again?.deadLetterId).toBe(id);
    });

    it('replays the chosen dead letters only, and of its own project only', async () => {
      const set = (scope: typeof mine, body: string) =>
        queue.deadLetter(scope, 'logs.ingest', { ndjson: encoder.encode(body), recordCount: 1 }, 'r');
      for (const body of ['1\n', '2\n', '3\n']) await set(mine, body);
      await set(theirs, 'theirs\n');
      const letters = await queue.listDeadLetters(mine, 'logs.ingest', 10);
      const second = letters.find(({ preview }) => preview === '2\n')?.deadLetterId ?? '';
      expect(await queue.replayDeadLetters(mine, 'logs.ingest', [second])).toBe(1);
      const replayed = await collect(queue, 1);
      expect(replayed.map(({ attempt }) => attempt)).toEqual([1]);
      expect(bodies(replayed)).toEqual(['2\n']);
      const left = await queue.listDeadLetters(mine, 'logs.ingest', 10);
      expect(left.map(({ preview }) => preview).sort()).toEqual(['1\n', '3\n']);
      expect(await queue.listDeadLetters(mine, 'logs.ingest', 1)).toHaveLength(1);
      expect(await queue.replayDeadLetters(mine, 'logs.ingest')).toBe(2);
      expect(await queue.listDeadLetters(theirs, 'logs.ingest', 10)).toHaveLength(1);
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
      const other = await open();
      await Promise.all([drain(queue), drain(other), drain(queue), drain(other)]);
      expect([...seen].sort()).toEqual([...expected].sort());
    });

    it('wakes a taker that waits, also in another process', async () => {
      const other = await open();
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
  });
}

function bodies(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(({ message }) => decoder.decode(message.ndjson));
}

/** An engine may answer with less than there is: as many takes as it needs. */
async function collect(queue: IngestQueue, count: number): Promise<readonly Delivery[]> {
  const collected: Delivery[] = [];
  while (collected.length < count) {
    const taken = await queue.take('logs.ingest', { ...LEASE, maxMessages: count - collected.length });
    if (taken.length === 0) break;
    collected.push(...taken);
  }
  return collected;
}

/** Whichever process is given the message. */
function takeFromAny(...queues: readonly IngestQueue[]): Promise<readonly Delivery[]> {
  return waitFor('a delivery to any process', async () => {
    for (const queue of queues) {
      const taken = await queue.take('logs.ingest', AT_ONCE);
      if (taken.length > 0) return taken;
    }
    return undefined;
  });
}

async function waitForDepth(queue: IngestQueue, messages: number): Promise<void> {
  await waitFor(`a depth of ${messages}`, async () =>
    (await queue.depth('logs.ingest')).messages === messages ? true : undefined,
  );
}
