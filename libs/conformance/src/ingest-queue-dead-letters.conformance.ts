import { waitFor } from '../../../test/support/wait-for';
import type { IngestQueue } from '../../core/src/ingest/ingest-queue.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import {
  AT_ONCE,
  bodies,
  collect,
  CONFORMANCE_MAX_ATTEMPTS,
  type IngestQueueEngine,
  IngestQueueSubject,
  LEASE,
  messageOf,
} from './given-ingest-queue.conformance';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What is set aside, shown, replayed and discarded. */
export function ingestQueueDeadLettersConformance(start: () => Promise<IngestQueueEngine>): void {
  let subject: IngestQueueSubject;
  let queue: IngestQueue;
  let mine: ProjectScope;
  let theirs: ProjectScope;

  beforeAll(async () => {
    subject = new IngestQueueSubject(await start());
    ({ mine, theirs } = subject);
  });
  beforeEach(async () => {
    queue = await subject.open();
  });
  afterEach(() => subject.clear());
  afterAll(() => subject.engine.end());

  const publish = (body: string, scope = mine) => queue.publish(scope, 'logs.ingest', messageOf(body));

  /** Three of ours, between two of another project. */
  async function setAsideBesideOthers(): Promise<void> {
    const set = (scope: ProjectScope, body: string) =>
      queue.deadLetter(scope, 'logs.ingest', { ndjson: encoder.encode(body), recordCount: 1 }, 'r');
    await set(theirs, 'theirs before\n');
    for (const body of ['1\n', '2\n', '3\n']) await set(mine, body);
    await set(theirs, 'theirs after\n');
  }

  it('sets a message aside with the reason when its last delivery is released, and replays it afresh', async () => {
    await publish('poison\n');
    for (let attempt = 1; attempt <= CONFORMANCE_MAX_ATTEMPTS; attempt++) {
      const taken = await queue.take('logs.ingest', LEASE);
      expect(taken.map((delivery) => delivery.attempt)).toEqual([attempt]);
      await queue.release('logs.ingest', taken, { reason: `refused ${attempt}`, delayMs: 0 });
    }
    expect(await queue.take('logs.ingest', AT_ONCE)).toEqual([]);
    const [letter, ...rest] = (await queue.listDeadLetters(mine, 'logs.ingest', 10)).letters;
    expect(rest).toEqual([]);
    expect(letter).toMatchObject({
      queue: 'logs.ingest',
      reason: `refused ${CONFORMANCE_MAX_ATTEMPTS}`,
      attempts: CONFORMANCE_MAX_ATTEMPTS,
      recordCount: 1,
      preview: 'poison\n',
    });
    expect(await queue.replayDeadLetters(mine, 'logs.ingest', [letter?.deadLetterId ?? ''])).toBe(1);
    expect((await queue.listDeadLetters(mine, 'logs.ingest', 10)).letters).toEqual([]);
    const replayed = await queue.take('logs.ingest', LEASE);
    expect(bodies(replayed)).toEqual(['poison\n']);
    expect(replayed[0]).toMatchObject({ attempt: 1, message: { requestId: 'request-poison' } });
  });

  it('tells how many each project has in a queue', async () => {
    expect(await queue.deadLettersByProject('logs.ingest')).toEqual(new Map());
    await setAsideBesideOthers();
    const counts = await queue.deadLettersByProject('logs.ingest');
    expect(counts).toEqual(
      new Map([
        [mine.projectId, 3],
        [theirs.projectId, 2],
      ]),
    );
    expect(await queue.deadLettersByProject('metrics.ingest')).toEqual(new Map());
    expect((await queue.listDeadLetters(mine, 'logs.ingest', 10)).letters).toHaveLength(3);
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
      const { letters: found } = await queue.listDeadLetters(mine, 'logs.ingest', 10);
      return found.length > 0 ? found : undefined;
    });
    expect(letters.map(({ preview }) => preview)).toEqual(['fatal\n']);
  });

  it('keeps refused lines with their reason, once, and shows them to their own project only', async () => {
    const batch = { ndjson: encoder.encode('{"bad":"ä"}\n'), recordCount: 1 };
    await queue.deadLetter(mine, 'logs.ingest', batch, 'no such thing');
    await queue.deadLetter(mine, 'logs.ingest', batch, 'no such thing');
    expect((await queue.listDeadLetters(theirs, 'logs.ingest', 10)).letters).toEqual([]);
    expect((await queue.listDeadLetters(mine, 'metrics.ingest', 10)).letters).toEqual([]);
    const { letters } = await queue.listDeadLetters(mine, 'logs.ingest', 10);
    expect(letters).toMatchObject([{ reason: 'no such thing', recordCount: 1, preview: '{"bad":"ä"}\n' }]);
    const ids = letters.map(({ deadLetterId }) => deadLetterId);
    expect(await queue.replayDeadLetters(theirs, 'logs.ingest', ids)).toBe(0);
    expect(await queue.replayDeadLetters(mine, 'logs.ingest', ['unknown'])).toBe(0);
    expect(await queue.replayDeadLetters(mine, 'logs.ingest')).toBe(1);
    expect(bodies(await queue.take('logs.ingest', LEASE))).toEqual(['{"bad":"ä"}\n']);
    expect((await queue.listDeadLetters(mine, 'logs.ingest', 10)).letters).toEqual([]);
  });

  it('shows one dead letter whole: its records, reason, attempts, and when it was queued and set aside', async () => {
    const beforeMs = Date.now() - 60_000;
    await publish('{"n":1}\n');
    for (let attempt = 1; attempt <= CONFORMANCE_MAX_ATTEMPTS; attempt++) {
      const taken = await queue.take('logs.ingest', LEASE);
      await queue.release('logs.ingest', taken, { reason: 'no room', delayMs: 0 });
    }
    const [letter] = (await queue.listDeadLetters(mine, 'logs.ingest', 10)).letters;
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
    await setAsideBesideOthers();
    const { letters } = await queue.listDeadLetters(mine, 'logs.ingest', 10);
    const second = letters.find(({ preview }) => preview === '2\n')?.deadLetterId ?? '';
    expect(await queue.replayDeadLetters(mine, 'logs.ingest', [second])).toBe(1);
    const replayed = await collect(queue, 1);
    expect(replayed.map(({ attempt }) => attempt)).toEqual([1]);
    expect(bodies(replayed)).toEqual(['2\n']);
    const { letters: left } = await queue.listDeadLetters(mine, 'logs.ingest', 10);
    expect(left.map(({ preview }) => preview).sort()).toEqual(['1\n', '3\n']);
    expect(await queue.listDeadLetters(mine, 'logs.ingest', 2)).toMatchObject({ mayBeMore: false });
    expect(await queue.listDeadLetters(mine, 'logs.ingest', 1)).toMatchObject({
      letters: [{ attempts: 1 }],
      mayBeMore: true,
    });
    expect(await queue.replayDeadLetters(mine, 'logs.ingest')).toBe(2);
    expect((await queue.listDeadLetters(theirs, 'logs.ingest', 10)).letters).toHaveLength(2);
  });

  it('discards the chosen dead letters for good, then all of the project, and nothing of another project', async () => {
    await setAsideBesideOthers();
    const { letters } = await queue.listDeadLetters(mine, 'logs.ingest', 10);
    const ids = letters.filter(({ preview }) => preview !== '3\n').map(({ deadLetterId }) => deadLetterId);
    expect(await queue.discardDeadLetters(theirs, 'logs.ingest', ids)).toBe(0);
    expect(await queue.discardDeadLetters(mine, 'metrics.ingest', ids)).toBe(0);
    expect(await queue.discardDeadLetters(mine, 'logs.ingest', ['unknown'])).toBe(0);
    expect(await queue.discardDeadLetters(mine, 'logs.ingest', [...ids, 'unknown'])).toBe(2);
    const { letters: left } = await queue.listDeadLetters(mine, 'logs.ingest', 10);
    expect(left.map(({ preview }) => preview)).toEqual(['3\n']);
    expect(await queue.discardDeadLetters(mine, 'logs.ingest')).toBe(1);
    expect(await queue.discardDeadLetters(mine, 'logs.ingest')).toBe(0);
    expect(await queue.take('logs.ingest', AT_ONCE)).toEqual([]);
    expect((await queue.listDeadLetters(mine, 'logs.ingest', 10)).letters).toEqual([]);
    expect((await queue.listDeadLetters(theirs, 'logs.ingest', 10)).letters).toHaveLength(2);
  });
}
