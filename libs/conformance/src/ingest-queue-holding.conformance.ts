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
  takeFromAny,
  waitForDepth,
} from './given-ingest-queue.conformance';

/** Holding a message: leases, acknowledgements and giving back. */
export function ingestQueueHoldingConformance(start: () => Promise<IngestQueueEngine>): void {
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
    const other = await subject.open();
    await publish('held\n');
    expect(bodies(await queue.take('logs.ingest', LEASE))).toEqual(['held\n']);
    await publish('again\n');
    const [first] = await queue.take('logs.ingest', { ...LEASE, leaseMs: 1 });
    const [second, ...rest] = await takeFromAny(queue, other);
    expect(second?.attempt).toBe(2);
    expect(second?.deliveryId).not.toBe(first?.deliveryId);
    // Of two leases the one that still runs hides its message.
    expect(bodies(second === undefined ? [] : [second, ...rest])).toEqual(['again\n']);
    expect(await other.take('logs.ingest', AT_ONCE)).toEqual([]);
  });

  it('does not let a late release take a message from its present holder', async () => {
    const other = await subject.open();
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
    const leaver = await subject.engine.open();
    for (const body of ['1\n', '2\n', '3\n']) await publish(body);
    const taken = await leaver.queue.take('logs.ingest', { ...LEASE, maxMessages: 1 });
    await leaver.queue.release('logs.ingest', taken, { reason: 'it stops', delayMs: 0, isBlameless: true });
    await leaver.close();
    const received = await collect(queue, 3);
    expect(bodies(received).sort()).toEqual(['1\n', '2\n', '3\n']);
    expect(received.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
  });

  it('delivers a released message again, at once or after the delay', async () => {
    const busy = { reason: 'busy', delayMs: 0 };
    await publish('back\n');
    await queue.release('logs.ingest', await queue.take('logs.ingest', LEASE), busy);
    const second = await queue.take('logs.ingest', LEASE);
    expect(second.map(({ attempt }) => attempt)).toEqual([2]);
    await queue.release('logs.ingest', second, { ...busy, delayMs: 200 });
    const third = await queue.take('logs.ingest', LEASE);
    expect(third.map(({ attempt }) => attempt)).toEqual([3]);
    await publish('later\n');
    await queue.release('logs.ingest', await queue.take('logs.ingest', LEASE), { ...busy, delayMs: 60_000 });
    expect(await queue.take('logs.ingest', AT_ONCE)).toEqual([]);
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
    expect((await queue.listDeadLetters(mine, 'logs.ingest', 10)).letters).toEqual([]);
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
    expect((await queue.listDeadLetters(mine, 'logs.ingest', 10)).letters).toEqual([]);
  });
}
