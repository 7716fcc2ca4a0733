import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { waitFor } from '../../../test/support/wait-for';
import { asId, type ProjectId } from '../../core/src/common/ids';
import { OpsError } from '../../core/src/common/errors';
import type { Delivery, IngestQueue, ReleaseCause } from '../../core/src/ingest/ingest-queue.port';
import { createLogger } from '../../observability/src/logger';
import { createMetricsRegistry } from '../../observability/src/metrics';
import { BatchLoop } from './batch-loop';
import { ConsumerMetrics } from './consumer-metrics';
import type { WriteBatch } from './store-batch';

const STORED = { written: 1, duplicates: 0, rejected: [] };
const AWAY = new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'the store is away');

function delivery(text: string, project = 'a', attempt = 1): Delivery {
  const ndjson = Buffer.from(`${text}\n`);
  const projectId = asId<ProjectId>(project);
  return { deliveryId: text, attempt, message: { projectId, requestId: 'r', ndjson, recordCount: 1 } };
}

/** What the real ones are too slow for: each failure of a queue and a store, one after the other. Behind its script the queue is empty, and soon says so. */
describe('BatchLoop', () => {
  let takes: (readonly Delivery[] | Error)[];
  let taken: number;
  let waiting: number;
  let asked: number;
  let foundEmpty: number;
  let released: { readonly ids: readonly string[]; readonly cause: ReleaseCause }[];
  let acknowledged: string[];
  let written: string[];
  let write: (text: string) => Awaited<ReturnType<WriteBatch>> | Promise<Awaited<ReturnType<WriteBatch>>>;
  let release: () => Promise<void>;
  let lines: { readonly level: string; readonly msg: string }[];
  let metrics: ReturnType<typeof createMetricsRegistry>;
  let loop: BatchLoop;

  beforeEach(() => {
    [takes, taken, waiting, asked, foundEmpty] = [[], 0, 0, 0, 0];
    [released, acknowledged, written, lines] = [[], [], [], []];
    write = () => STORED;
    release = () => Promise.resolve();
    const queue = {
      take: async () => {
        taken++;
        await nextTurn();
        const next = takes.shift();
        if (next instanceof Error) throw next;
        if (next !== undefined) return next;
        await wait(5);
        foundEmpty++;
        return [];
      },
      acknowledge: async (_queue: string, deliveries: readonly Delivery[]) =>
        void acknowledged.push(...deliveries.map(({ deliveryId }) => deliveryId)),
      release: async (_queue: string, deliveries: readonly Delivery[], cause: ReleaseCause) => {
        released.push({ ids: deliveries.map(({ deliveryId }) => deliveryId), cause });
        await release();
      },
      deadLetter: () => Promise.resolve(),
      depth: async () => {
        asked++;
        return { messages: waiting, bytes: 0, oldestAgeMs: 0, deadLetters: 0 };
      },
    } as unknown as IngestQueue;
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const log = createLogger({ level: 'info', role: 'test', destination });
    metrics = createMetricsRegistry('test', { runtimeMetrics: false });
    loop = new BatchLoop({
      queue,
      queueName: 'logs.ingest',
      write: async (_scope, { ndjson }) => {
        const text = Buffer.from(ndjson).toString().trim().replaceAll('\n', ' ');
        written.push(text);
        return write(text);
      },
      limits: { maxRecords: 100, maxBytes: 1000 },
      leaseMs: 60_000,
      gatherMs: 0,
      log,
      metrics: new ConsumerMetrics(metrics, queue, log),
    });
  });
  afterEach(() => loop.stop());

  const told = () => lines.map(({ level, msg }) => `${level} ${msg}`);
  const until = (what: string, isSo: () => boolean) =>
    waitFor(what, () => isSo() || undefined, { everyMs: 5 });
  /** Of what happens without a wait, all has happened then. */
  const manyTurns = async () => {
    for (let turn = 0; turn < 50; turn++) await nextTurn();
  };

  it('tells once that the queue cannot be read and once that it can, and is not well in between', async () => {
    takes = [AWAY, AWAY];
    loop.start();
    await until('a failure', () => lines.length > 0);
    await expect(loop.check()).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'logs.ingest is not being worked off: the store is away',
    });
    takes.push([delivery('one')]);
    await until('the message to be stored', () => acknowledged.length > 0);
    await expect(loop.check()).resolves.toBeUndefined();
    expect(told()).toEqual([
      'warn queue could not be read, and is tried again',
      'info queue can be read again',
    ]);
    await until('the queue to be found empty', () => foundEmpty > 2);
    expect(asked).toBe(0);
  });

  it('has no words of its own for what has none for people, and does not ask a queue again and again that fails', async () => {
    takes = Array.from({ length: 1000 }, () => new Error('ECONNRESET'));
    loop.start();
    await until('a failure', () => lines.length > 0);
    await manyTurns();
    await expect(loop.check()).rejects.toThrow(/^logs\.ingest is not being worked off$/);
    // Two at a time, and the first wait is a tenth of a second.
    expect(taken).toBeLessThan(20);
  });

  it('gives back without blame all that was taken where the store does not answer, and waits', async () => {
    write = () => Promise.reject(AWAY);
    takes = [[delivery('a1'), delivery('a2'), delivery('b1', 'b'), delivery('c1', 'c')]];
    loop.start();
    await until('all to be given back', () => released.length === 2);
    expect(written).toEqual(['a1 a2']);
    expect(released.map(({ ids }) => ids)).toEqual([
      ['a1', 'a2'],
      ['b1', 'c1'],
    ]);
    for (const { cause } of released) {
      expect(cause).toMatchObject({ isBlameless: true, reason: 'what it is for does not answer' });
      expect(cause.delayMs).toBeGreaterThanOrEqual(100);
    }
    expect(await metrics.total('opspilot_store_write_failures_total')).toBe(1);
    const takenBefore = taken;
    takes = Array.from({ length: 1000 }, () => [delivery('again')]);
    await manyTurns();
    expect(taken - takenBefore).toBeLessThan(5);
    await until('more to be taken', () => written.length > 4);
    expect(new Set(written)).toEqual(new Set(['a1 a2', 'again']));
  });

  it('tells an outage of the store once, and its end where a batch is stored', async () => {
    let failures = 0;
    write = () => (failures++ < 3 ? Promise.reject(AWAY) : STORED);
    takes = Array.from({ length: 4 }, () => [delivery('a')]);
    loop.start();
    await until('the batch to be stored', () => acknowledged.length > 0);
    await until('the end to be told', () => lines.length > 1);
    expect(told()).toEqual([
      'warn batches cannot be worked off, and wait in the queue',
      'info batches are worked off again',
    ]);
    await expect(loop.check()).resolves.toBeUndefined();
  });

  it('is well again where what failed is gone from the queue, and not while one message is left', async () => {
    write = () => Promise.reject(AWAY);
    waiting = 1;
    takes = [[delivery('a')]];
    loop.start();
    await until('the queue to be asked', () => asked >= 2);
    await expect(loop.check()).rejects.toThrow('the store is away');
    waiting = 0;
    await until('the end to be told', () => lines.length > 1);
    await expect(loop.check()).resolves.toBeUndefined();
    expect(told()).toEqual([
      'warn batches cannot be worked off, and wait in the queue',
      'info batches are worked off again',
    ]);
  });

  it('stores one by one what fails together, and goes on with what is beside it', async () => {
    write = (text) => (text.includes('poison') ? Promise.reject(new Error(`${'x'.repeat(499)}yz`)) : STORED);
    takes = [[delivery('poison', 'a', 8), delivery('good'), delivery('beside', 'b')]];
    loop.start();
    await until('all to be done', () => acknowledged.length === 2 && released.length > 0);
    expect(written).toEqual(['poison good', 'poison', 'good', 'beside']);
    expect(acknowledged).toEqual(['good', 'beside']);
    expect(released).toEqual([
      { ids: ['poison'], cause: { reason: `${'x'.repeat(499)}y`, delayMs: expect.any(Number) } },
    ]);
    // By its own attempts, which may be more than the failures that this worker has seen.
    expect(released[0]?.cause.delayMs).toBeGreaterThanOrEqual(5000);
    expect(told()).toEqual([
      'warn batch failed; its messages are written one by one',
      'error message could not be stored',
    ]);
    expect(lines.at(-1)).toMatchObject({ project_id: 'a', request_id: 'r' });
    expect(await metrics.total('opspilot_store_write_failures_total')).toBe(1);
    expect(await metrics.total('opspilot_stored_records_total')).toBe(2);
    const { text } = await metrics.exposition();
    expect(text).toMatch(/^opspilot_store_write_seconds_count\{.*\} 4$/m);
  });

  it('gives back the rest of a batch without blame where the store goes away while it is written one by one', async () => {
    write = (text) => {
      if (text === 'a1 a2 a3') throw new Error('one of them');
      return text === 'a1' ? STORED : Promise.reject(AWAY);
    };
    takes = [[delivery('a1'), delivery('a2'), delivery('a3'), delivery('b1', 'b')]];
    loop.start();
    await until('all to be given back', () => released.length === 3);
    expect(written).toEqual(['a1 a2 a3', 'a1', 'a2']);
    expect(released.map(({ ids, cause }) => [...ids, cause.isBlameless])).toEqual([
      ['a2', true],
      ['a3', true],
      ['b1', true],
    ]);
  });

  it('waits the longer the more often it failed', async () => {
    write = (text) => Promise.reject(text === 'last' ? AWAY : new Error('poison'));
    const poison = Array.from({ length: 8 }, (_, index) => delivery(`p${index}`, `project ${index}`));
    takes = [[...poison, delivery('last', 'z')]];
    loop.start();
    await until('all to be given back', () => released.length === 9);
    expect(released.at(-1)?.cause.delayMs).toBeGreaterThanOrEqual(5000);
  });

  it('sets refused lines aside in one warning, and none where none are', async () => {
    write = (text) => (text === 'a' ? { ...STORED, rejected: [{ index: 0, reason: 'refused' }] } : STORED);
    takes = [[delivery('a'), delivery('b', 'b')]];
    loop.start();
    await until('both to be stored', () => acknowledged.length === 2);
    expect(lines).toMatchObject([{ msg: 'lines refused by the store were set aside', rejected: 1 }]);
  });

  it('goes on where messages cannot even be given back: their lease ends by itself', async () => {
    write = () => Promise.reject(AWAY);
    release = () => Promise.reject(new Error('the queue is away'));
    takes = [[delivery('a')]];
    loop.start();
    await until('a release', () => released.length > 0);
    await until('it to be told', () => lines.length > 1);
    expect(told()).toEqual([
      'warn batches cannot be worked off, and wait in the queue',
      'warn messages wait for their lease to end',
    ]);
  });

  it('has two batches written at once, and no more', async () => {
    const proceed: (() => void)[] = [];
    write = () => new Promise((resolve) => proceed.push(() => resolve(STORED)));
    takes = [[delivery('a')], [delivery('b')], [delivery('c')]];
    loop.start();
    await until('two writes to begin', () => written.length === 2);
    await manyTurns();
    expect(written).toEqual(['a', 'b']);
    for (const done of proceed) done();
    await until('the third to begin', () => proceed.length === 3);
    proceed.at(-1)?.();
    await until('all to be stored', () => acknowledged.length === 3);
  });

  it('gives back at once and without blame what it has not begun when it is told to stop', async () => {
    let proceed = (): void => undefined;
    write = () => new Promise((resolve) => (proceed = () => resolve(STORED)));
    takes = [[delivery('a'), delivery('b', 'b')]];
    loop.start();
    await until('the write to begin', () => written.length > 0);
    const stopped = loop.stop();
    proceed();
    await stopped;
    expect(written).toEqual(['a']);
    expect(acknowledged).toEqual(['a']);
    expect(released).toEqual([
      { ids: ['b'], cause: { reason: 'the worker stops', delayMs: 0, isBlameless: true } },
    ]);
  });
});
