import fc from 'fast-check';
import type { SourceRecord } from '../log-reader/source-record';
import type { LogBatch } from './log-batch';
import { LogSender, type LogSenderOptions } from './log-sender';
import type { PostOutcome } from './post-batch';

const ACCEPTED: PostOutcome = { kind: 'answered', rejectedCount: 0, listed: [] };
const BUSY: PostOutcome = { kind: 'retry', reason: 'HTTP 503', retryAfterMs: undefined };

interface Sent {
  readonly batch: LogBatch;
  readonly key: string;
}

function createSender(
  answer: (sent: Sent, index: number) => PostOutcome,
  options: Partial<LogSenderOptions> = {},
) {
  const sent: Sent[] = [];
  const waits: number[] = [];
  const sender = new LogSender({
    post: (batch, key) => {
      sent.push({ batch, key });
      return Promise.resolve(answer({ batch, key }, sent.length - 1));
    },
    runId: 'run',
    limits: { maxRecords: 3, maxBytes: 100_000 },
    concurrency: 2,
    maxRetries: 3,
    random: () => 0,
    wait: (ms) => Promise.resolve(waits.push(ms)),
    ...options,
  });
  return { sender, sent, waits };
}

function record(lineNumber: number, message = `m${lineNumber}`): SourceRecord {
  const absent = {
    timestamp: undefined,
    level: undefined,
    traceId: undefined,
    spanId: undefined,
    correlationId: undefined,
  };
  return { ...absent, service: 's', message, context: {}, lineNumber };
}

function addAll(sender: LogSender, count: number): void {
  for (let line = 1; line <= count; line++) sender.add(record(line), `f:${line}`);
}

describe('LogSender', () => {
  it('tells once that it tries again, and why, however often it does', async () => {
    const told: string[] = [];
    const { sender } = createSender((_, index) => (index < 3 ? BUSY : ACCEPTED), {
      onFirstRetry: (reason) => void told.push(reason),
    });
    addAll(sender, 6);
    await sender.close();
    expect(sender.counts).toMatchObject({ accepted: 6, retries: 3 });
    expect(told).toEqual(['HTTP 503']);
  });

  it('sends every record once, in batches within the limits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(60),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 600 }),
        async (count, maxRecords, maxBytes) => {
          const { sender, sent } = createSender(() => ACCEPTED, { limits: { maxRecords, maxBytes } });
          addAll(sender, count);
          await sender.close();
          const places = sent.flatMap(({ batch }) => batch.places);
          expect([...places].sort()).toEqual(
            Array.from({ length: count }, (_, index) => `f:${index + 1}`).sort(),
          );
          for (const { batch } of sent) {
            expect(batch.records.length).toBeLessThanOrEqual(maxRecords);
            if (batch.records.length > 1)
              expect(batch.records.join(',').length).toBeLessThanOrEqual(maxBytes);
          }
          expect(sender.counts).toMatchObject({
            accepted: count,
            rejected: 0,
            notSent: 0,
            batches: sent.length,
          });
        },
      ),
    );
  });

  it('repeats a batch under the same key, and gives each batch a key of its own', async () => {
    const { sender, sent, waits } = createSender((_, index) => (index < 2 ? BUSY : ACCEPTED), {
      concurrency: 1,
    });
    addAll(sender, 6);
    await sender.close();
    expect(sent.map(({ key }) => key)).toEqual(['run-1', 'run-1', 'run-1', 'run-2']);
    expect(waits).toEqual([125, 250]);
    expect(sender.counts).toEqual({ accepted: 6, rejected: 0, notSent: 0, batches: 2, retries: 2 });
  });

  it('waits as long as the server asks', async () => {
    const { sender, waits } = createSender((_, index) =>
      index === 0 ? { ...BUSY, retryAfterMs: 7000 } : ACCEPTED,
    );
    addAll(sender, 1);
    await sender.close();
    expect(waits).toEqual([7000]);
  });

  it('gives up when the attempts are used up, and counts the rest as not sent', async () => {
    const { sender, sent } = createSender(() => BUSY, { concurrency: 1 });
    addAll(sender, 8);
    await sender.close();
    expect(sent).toHaveLength(4);
    expect(sender.counts).toMatchObject({ accepted: 0, notSent: 8, retries: 3 });
    expect(sender.failure).toBe('HTTP 503 (tried 4 times)');
  });

  it('says which line a rejected record came from', async () => {
    const { sender } = createSender(({ batch }) =>
      batch.number === '2'
        ? { kind: 'answered', rejectedCount: 1, listed: [{ index: 1, reason: 'message is empty' }] }
        : ACCEPTED,
    );
    addAll(sender, 6);
    await sender.close();
    expect(sender.counts).toMatchObject({ accepted: 5, rejected: 1 });
    expect(sender.rejections).toEqual([{ place: 'f:5', reason: 'message is empty' }]);
  });

  it('halves a batch that is too large, down to single records', async () => {
    const { sender, sent } = createSender(({ batch }) =>
      batch.records.length > 1 ? { kind: 'too_large' } : ACCEPTED,
    );
    addAll(sender, 3);
    await sender.close();
    expect(sent.map(({ key }) => key)).toEqual(['run-1', 'run-1.a', 'run-1.a.a', 'run-1.a.b', 'run-1.b']);
    expect(sender.counts).toMatchObject({ accepted: 3, batches: 3 });
  });

  it('stops at once when the key is not good', async () => {
    const { sender, sent } = createSender(
      () => ({ kind: 'refused', reason: 'HTTP 401: unknown key', isFinal: true }),
      { concurrency: 1 },
    );
    addAll(sender, 9);
    await sender.close();
    expect(sent).toHaveLength(1);
    expect(sender.counts).toMatchObject({ accepted: 0, notSent: 9 });
    expect(sender.failure).toBe('HTTP 401: unknown key');
  });

  it('goes on after a batch that alone is refused', async () => {
    const { sender } = createSender(({ batch }) =>
      batch.number === '1' ? { kind: 'refused', reason: 'HTTP 400', isFinal: false } : ACCEPTED,
    );
    addAll(sender, 6);
    await sender.close();
    expect(sender.counts).toMatchObject({ accepted: 3, rejected: 3, notSent: 0 });
  });

  it('has no more requests under way than allowed, and says when there is room', async () => {
    let active = 0;
    let most = 0;
    const releases: (() => void)[] = [];
    const { sender } = createSender(() => ACCEPTED, {
      limits: { maxRecords: 1, maxBytes: 1000 },
      post: async () => {
        most = Math.max(most, ++active);
        await new Promise<void>((resolve) => releases.push(resolve));
        active--;
        return ACCEPTED;
      },
    });
    addAll(sender, 6);
    let isReady = false;
    const ready = sender.ready().then(() => (isReady = true));
    await Promise.resolve();
    expect(isReady).toBe(false);
    const closed = sender.close();
    while (sender.counts.accepted < 6) {
      releases.splice(0).forEach((release) => release());
      await Promise.resolve();
    }
    await Promise.all([ready, closed]);
    expect(most).toBe(2);
  });
});
