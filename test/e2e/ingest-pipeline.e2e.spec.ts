import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { AcceptBatch, type IncomingBatch } from '../../apps/ingest/src/accept-batch';
import { IngestCounters } from '../../apps/ingest/src/ingest-counters';
import { LOGS } from '../../apps/ingest/src/ingest-kind';
import { PublishCoalescer } from '../../apps/ingest/src/publish-coalescer';
import { BatchLoop } from '../../libs/runtime/src/batch-loop';
import { ConsumerMetrics } from '../../libs/runtime/src/consumer-metrics';
import type { WriteBatch } from '../../libs/runtime/src/store-batch';
import { PostgresIdempotencyStore } from '../../libs/adapters/postgres/src/postgres-idempotency-store';
import { PostgresIngestQueue } from '../../libs/adapters/postgres/src/postgres-ingest-queue';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { loadConfig } from '../../libs/config/src/load-config';
import { splitLines } from '../../libs/contracts/src/ndjson';
import { OpsError } from '../../libs/core/src/common/errors';
import { MAX_DEAD_LETTERS } from '../../libs/core/src/ingest/plan-dead-letters';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { AppClock } from '../../libs/runtime/src/app-clock';
import { AppConfig } from '../../libs/runtime/src/app-config';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { waitFor } from '../support/wait-for';

const QUEUE = 'logs.ingest';
/** Long enough for a busy machine to send two requests in. */
const GATHER_MS = 8000;
const YEAR_MS = 366 * 86_400_000;

describe('from a request to the store, on real engines', () => {
  const log = createLogger({ level: 'silent', role: 'test' });
  const metrics = createMetricsRegistry('test', { runtimeMetrics: false });
  let catalog: Catalog;
  let pool: Pool;
  let queue: PostgresIngestQueue;
  let store: PostgresLogStore;
  let scope: ProjectScope;

  beforeAll(async () => {
    catalog = await startCatalog();
    pool = catalog.pool;
    queue = new PostgresIngestQueue(pool, {
      maxAttempts: 3,
      maxFreshBytes: 1_000_000,
      log,
      depthMaxAgeMs: 0,
    });
    store = new PostgresLogStore(pool);
    await store.ensurePartitions(Date.now());
  });
  beforeEach(async () => {
    scope = await catalog.newScope();
  });
  afterEach(() => pool.query('TRUNCATE queue_messages, queue_dead_letters'));
  afterAll(async () => {
    await queue.close();
    await catalog.end();
  });

  function acceptor(environment: Readonly<Record<string, string>> = {}, to = queue): AcceptBatch {
    const config = new AppConfig(loadConfig({ environment }));
    const idempotency = new PostgresIdempotencyStore(pool);
    const counters = new IngestCounters(metrics);
    const publisher = new PublishCoalescer(to, config, metrics);
    return new AcceptBatch(to, publisher, idempotency, config, new AppClock(), log, counters);
  }

  function batch(records: readonly unknown[], idempotencyKey?: string): IncomingBatch<never> {
    const given = { records, source: 'api', requestId: randomUUID(), idempotencyKey };
    return { kind: LOGS as unknown as IncomingBatch<never>['kind'], ...given };
  }

  function loop(
    write: WriteBatch = (of, lines) => store.write(of, lines),
    from = queue,
    maxBytes = 4_000_000,
    gatherMs = 0,
  ): BatchLoop {
    return new BatchLoop({
      queue: from,
      queueName: QUEUE,
      write,
      limits: { maxRecords: 5000, maxBytes },
      leaseMs: 60_000,
      gatherMs,
      log,
      metrics: new ConsumerMetrics(metrics, queue, log),
    });
  }

  async function stored(): Promise<readonly string[]> {
    const range = { fromMs: Date.now() - YEAR_MS, toMs: Date.now() + YEAR_MS };
    const page = await store.search(scope, { range, limit: 1000, order: 'asc' });
    return page.items.map((record) => record.message);
  }

  /** Counted afresh: the queue's own answer may be from before the last publish. */
  async function waiting(): Promise<number> {
    const { rows } = await pool.query<{ count: number }>('SELECT count(*)::int FROM queue_messages');
    return rows[0]?.count ?? 0;
  }

  async function drained(): Promise<true> {
    return waitFor('the queue to be empty', async () => ((await waiting()) === 0 ? true : undefined));
  }

  const records = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      message: `record ${index}`,
      level: 'info',
      service: 's',
    }));

  it('stores what was accepted once, although it was sent and delivered more than once', async () => {
    const ingest = acceptor({ QUEUE_MESSAGE_BYTES: '1024' });
    const key = randomUUID();
    const sent = batch(records(20), key);
    const first = await ingest.accept(scope, sent);
    expect(first).toMatchObject({ replayed: false, response: { accepted: 20, rejected: 0 } });
    expect(await waiting()).toBeGreaterThan(1);
    expect(await ingest.accept(scope, batch(records(20), key))).toEqual({ ...first, replayed: true });
    // As if the answer had been lost before it was kept.
    await pool.query('UPDATE idempotency_keys SET response = NULL WHERE key = $1', [key]);
    expect((await ingest.accept(scope, batch(records(20), key))).response.batch_id).toBe(
      first.response.batch_id,
    );
    const consumer = loop();
    consumer.start();
    await drained();
    await consumer.stop();
    expect([...(await stored())].sort()).toEqual(
      records(20)
        .map((record) => record.message)
        .sort(),
    );
  });

  it('gathers what comes close together into one write, and lets nothing wait that comes alone', async () => {
    const ingest = acceptor();
    const writes: number[] = [];
    const write: WriteBatch = (of, lines) => {
      writes.push(lines.recordCount);
      return store.write(of, lines);
    };
    const consumer = loop(write, queue, 4_000_000, GATHER_MS);
    consumer.start();
    await ingest.accept(scope, batch(records(1)));
    await drained();
    await ingest.accept(scope, batch(records(1)));
    await waitFor('the message to be taken', async () => {
      const { rowCount } = await pool.query('SELECT FROM queue_messages WHERE available_at > now()');
      return rowCount === 1 ? true : undefined;
    });
    await ingest.accept(scope, batch(records(1)));
    await drained();
    await consumer.stop();
    expect(writes).toEqual([1, 2]);
  });

  it('lets small requests that come together share messages, each with its own refusals', async () => {
    const ingest = acceptor();
    const answers = await Promise.all(
      records(40).map((record, at) => ingest.accept(scope, batch(at === 7 ? [record, null] : [record]))),
    );
    expect(answers.map(({ response }) => response.accepted)).toEqual(Array<number>(40).fill(1));
    expect(answers.flatMap(({ response }, at) => response.errors.map(() => at))).toEqual([7]);
    const messages = await waiting();
    expect(messages).toBeGreaterThan(0);
    expect(messages).toBeLessThan(20);
    const consumer = loop();
    consumer.start();
    await drained();
    await consumer.stop();
    expect(await stored()).toHaveLength(40);
  });

  it('fails all requests that share a message which is not published, and stores each once when they are repeated', async () => {
    const own = new Pool({ ...pool.options });
    const ending = new PostgresIngestQueue(own, {
      maxAttempts: 3,
      maxFreshBytes: 1_000_000,
      log,
      depthMaxAgeMs: 60_000,
    });
    await ending.depth(QUEUE);
    await own.end();
    const send = (ingest: AcceptBatch) =>
      Promise.allSettled(
        records(5).map((record, at) => ingest.accept(scope, batch([record], `shared-${at}`))),
      );
    for (const outcome of await send(acceptor({}, ending)))
      expect(outcome).toMatchObject({ status: 'rejected' });
    await ending.close();
    for (const outcome of await send(acceptor())) expect(outcome).toMatchObject({ status: 'fulfilled' });
    for (const outcome of await send(acceptor()))
      expect(outcome).toMatchObject({ value: { replayed: true } });
    const consumer = loop();
    consumer.start();
    await drained();
    await consumer.stop();
    expect(await stored()).toHaveLength(5);
  });

  it('refuses a key that was used for something else', async () => {
    const ingest = acceptor();
    await ingest.accept(scope, batch(records(1), 'same'));
    await expect(ingest.accept(scope, batch(records(2), 'same'))).rejects.toMatchObject({
      kind: 'unprocessable',
      code: 'OPS_INGEST_IDEMPOTENCY_MISMATCH',
    });
  });

  it('refuses an empty batch, one with too many records, and one in which nothing can be used', async () => {
    const ingest = acceptor({ INGEST_MAX_RECORDS: '2' });
    await expect(ingest.accept(scope, batch([]))).rejects.toMatchObject({ code: 'OPS_INGEST_EMPTY_BATCH' });
    await expect(ingest.accept(scope, batch(records(3)))).rejects.toMatchObject({ kind: 'too_large' });
    await expect(ingest.accept(scope, batch([null, { message: '' }]))).rejects.toMatchObject({
      code: 'OPS_INGEST_NOTHING_ACCEPTED',
      fields: [
        { field: 'logs.0', reason: 'must be an object' },
        { field: 'logs.1.message', reason: 'is empty' },
      ],
    });
    expect(await waiting()).toBe(0);
  });

  it('sends clients away, with a time to come back, while the queue is full', async () => {
    const ingest = acceptor({ QUEUE_MAX_MESSAGES: '1' });
    await ingest.accept(scope, batch(records(1)));
    const refusal = await waitFor('the depth to be known', () =>
      ingest.accept(scope, batch(records(1))).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(refusal).toMatchObject({
      kind: 'overloaded',
      code: 'OPS_INGEST_QUEUE_FULL',
      retryAfterSeconds: expect.any(Number),
    });
  });

  it('sends clients away while too many dead letters lie there, until somebody has discarded them', async () => {
    await queue.deadLetter(scope, QUEUE, { ndjson: Buffer.from('{}\n'), recordCount: 1 }, 'refused');
    const ingest = acceptor({ QUEUE_MAX_DEAD_LETTERS: '1' });
    await expect(ingest.accept(scope, batch(records(1)))).rejects.toMatchObject({
      code: 'OPS_INGEST_QUEUE_FULL',
      message: expect.stringContaining('replay or discard') as string,
    });
    expect(await queue.discardDeadLetters(scope, QUEUE)).toBe(1);
    await waitFor('a batch to be taken', () =>
      ingest.accept(scope, batch(records(1))).then(
        () => true,
        () => undefined,
      ),
    );
  });

  it('sends only that project away whose dead letters are too many, until somebody has discarded them', async () => {
    const other = await catalog.newScope();
    for (const text of ['1', '2'])
      await queue.deadLetter(scope, QUEUE, { ndjson: Buffer.from(`${text}\n`), recordCount: 1 }, 'refused');
    const ingest = acceptor({ QUEUE_MAX_DEAD_LETTERS_PER_PROJECT: '2' });
    const refusal = await waitFor('a batch to be refused', () =>
      ingest.accept(scope, batch(records(1))).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(refusal).toMatchObject({
      code: 'OPS_INGEST_QUEUE_FULL',
      message: expect.stringContaining('2 dead letters of this project') as string,
    });
    await expect(ingest.accept(other, batch(records(1)))).resolves.toMatchObject({ replayed: false });
    expect(await queue.discardDeadLetters(scope, QUEUE)).toBe(2);
    await waitFor('a batch to be taken', () =>
      ingest.accept(scope, batch(records(1))).then(
        () => true,
        () => undefined,
      ),
    );
  });

  it('buries nothing while the store is down, and stores everything when it is back', async () => {
    await acceptor().accept(scope, batch(records(5)));
    let failures = 0;
    let isDown = true;
    const consumer = loop((of, lines) => {
      if (!isDown) return store.write(of, lines);
      failures++;
      throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'down');
    });
    consumer.start();
    await waitFor('more failures than a message may have', () => (failures > 3 ? true : undefined));
    await expect(consumer.check()).rejects.toThrow('logs.ingest is not being worked off');
    isDown = false;
    await drained();
    await consumer.stop();
    await expect(consumer.check()).resolves.toBeUndefined();
    expect(await stored()).toHaveLength(5);
    expect((await queue.listDeadLetters(scope, QUEUE, 10)).letters).toEqual([]);
  });

  it('stores what is sent when the store is back long before the backlog of the outage, and the backlog too', async () => {
    const options = { maxAttempts: 3, maxFreshBytes: 10_000, log, depthMaxAgeMs: 0 };
    const behind = new PostgresIngestQueue(pool, options);
    const ingest = acceptor({ QUEUE_MESSAGE_BYTES: '1024' }, behind);
    await ingest.accept(scope, batch(records(400)));
    let writes = 0;
    const writesBefore = new Map<string, number>();
    const write: WriteBatch = async (of, lines) => {
      if (++writes <= 2) throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'down');
      if (writes === 6)
        await ingest.accept(scope, batch([{ message: 'sent when it is back', service: 's' }]));
      for (const line of new TextDecoder().decode(lines.ndjson).trim().split('\n'))
        writesBefore.set((JSON.parse(line) as { message: string }).message, writes);
      return store.write(of, lines);
    };
    const consumer = loop(write, behind, 4000);
    consumer.start();
    await drained();
    await consumer.stop();
    await behind.close();
    expect(await stored()).toHaveLength(401);
    expect(writes).toBeGreaterThan(24);
    expect(writesBefore.get('sent when it is back')).toBeLessThan(writes / 2);
  });

  it('sets refused lines aside with their reason, and stores their neighbours', async () => {
    await acceptor().accept(scope, batch(records(3)));
    const consumer = loop(async (of, lines) => ({
      ...(await store.write(of, lines)),
      rejected: [{ index: 1, reason: 'the mapping refuses it' }],
    }));
    consumer.start();
    await drained();
    await consumer.stop();
    const [letter, ...rest] = (await queue.listDeadLetters(scope, QUEUE, 10)).letters;
    expect(rest).toEqual([]);
    expect(letter).toMatchObject({ reason: 'the mapping refuses it', recordCount: 1 });
    expect(letter?.preview).toContain('"message":"record 1"');
  });

  it('sets a thousand lines that are refused for a reason each aside in few dead letters, every line once', async () => {
    await acceptor().accept(scope, batch(records(1000)));
    const consumer = loop((_, lines) => {
      const rejected = Array.from({ length: lines.recordCount }, (_line, index) => ({
        index,
        reason: `no number: ${String.fromCodePoint(0x4e00 + index)}`,
      }));
      return Promise.resolve({ written: 0, duplicates: 0, rejected });
    });
    consumer.start();
    await drained();
    await consumer.stop();
    const { letters } = await queue.listDeadLetters(scope, QUEUE, 2000);
    expect(letters.length).toBeLessThanOrEqual(MAX_DEAD_LETTERS);
    const contents = await Promise.all(
      letters.map(({ deadLetterId }) => queue.findDeadLetter(scope, QUEUE, deadLetterId)),
    );
    const messages = contents
      .flatMap((content) => splitLines(content?.ndjson ?? new Uint8Array()))
      .map((line) => (JSON.parse(Buffer.from(line).toString()) as { readonly message: string }).message);
    expect(messages.sort()).toEqual(
      records(1000)
        .map(({ message }) => message)
        .sort(),
    );
  });

  it.each([
    ['without the end of its last line', '{"foreign":1}', 1],
    ['with fewer lines than it says', '{"foreign":1}\n', 30_000_000],
    ['with more lines than it says', '{"foreign":1}\n{"foreign":2}\n', 1],
    ['that says it holds none', '{"foreign":1}\n', 0],
  ])('buries a message %s, and stores those beside it', async (_, text, recordCount) => {
    await acceptor().accept(scope, batch(records(1)));
    await queue.publish(scope, QUEUE, { ndjson: Buffer.from(text), recordCount, requestId: 'r' });
    await acceptor().accept(scope, batch(records(2)));
    const consumer = loop();
    consumer.start();
    await drained();
    await consumer.stop();
    expect([...(await stored())].sort()).toEqual(['record 0', 'record 0', 'record 1']);
    const [letter, ...rest] = (await queue.listDeadLetters(scope, QUEUE, 10)).letters;
    expect(rest).toEqual([]);
    expect(letter).toMatchObject({ reason: expect.stringContaining('whole lines'), preview: text });
  });

  it('buries a message that can never be written, and stores those beside it', async () => {
    await acceptor().accept(scope, batch([{ message: 'poison' }]));
    await acceptor().accept(scope, batch(records(2)));
    const consumer = loop((of, lines) => {
      if (Buffer.from(lines.ndjson).includes('poison')) throw new Error('cannot be written');
      return store.write(of, lines);
    });
    consumer.start();
    await drained();
    await waitFor('a consumer that is well again', () =>
      consumer.check().then(
        () => true,
        () => undefined,
      ),
    );
    await consumer.stop();
    expect(await stored()).toHaveLength(2);
    expect((await queue.listDeadLetters(scope, QUEUE, 10)).letters).toMatchObject([
      { reason: 'cannot be written', attempts: 3 },
    ]);
  });

  it('finishes and acknowledges the write under way when it is told to stop', async () => {
    await acceptor().accept(scope, batch(records(4)));
    let begun = false;
    let proceed = (): void => undefined;
    const gate = new Promise<void>((resolve) => (proceed = resolve));
    const consumer = loop(async (of, lines) => {
      begun = true;
      await gate;
      return store.write(of, lines);
    });
    consumer.start();
    await waitFor('the write to begin', () => (begun ? true : undefined));
    const stopped = consumer.stop();
    proceed();
    await stopped;
    expect(await stored()).toHaveLength(4);
    expect(await waiting()).toBe(0);
  });
});
