import { randomUUID } from 'node:crypto';
import { newScope } from '../../../test/support/new-scope';
import { loadConfig } from '../../../libs/config/src/load-config';
import { OpsError } from '../../../libs/core/src/common/errors';
import type {
  IdempotencyStore,
  IdempotentRequest,
} from '../../../libs/core/src/ingest/idempotency-store.port';
import type { IngestQueue } from '../../../libs/core/src/ingest/ingest-queue.port';
import { RawBody } from '../../../libs/http/src/raw-body';
import { createLogger } from '../../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../../libs/observability/src/metrics';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { AcceptBatch } from './accept-batch';
import { IngestCounters } from './ingest-counters';
import { LOGS } from './ingest-kind';
import { PublishCoalescer } from './publish-coalescer';

const MAX_PENDING_BYTES = 1024 * 1024;
const scope = newScope();
const emptyQueue = { messages: 0, bytes: 0, oldestAgeMs: 0, deadLetters: 0 };

function acceptor(
  queue: Partial<IngestQueue>,
  idempotency: Partial<IdempotencyStore> = {},
  log = createLogger({ level: 'silent', role: 'test' }),
): AcceptBatch {
  const config = new AppConfig(
    loadConfig({ environment: { INGEST_MAX_PENDING_BYTES: String(MAX_PENDING_BYTES) } }),
  );
  const metrics = createMetricsRegistry('test', { runtimeMetrics: false });
  const given = {
    depth: () => Promise.resolve(emptyQueue),
    checkSize: () => undefined,
    publish: () => Promise.resolve(),
    ...queue,
  } as IngestQueue;
  return new AcceptBatch(
    given,
    new PublishCoalescer(given, config, metrics),
    idempotency as IdempotencyStore,
    config,
    new AppClock(),
    log,
    new IngestCounters(metrics),
  );
}

function batch(records: number, idempotencyKey?: string) {
  const body = new RawBody(Buffer.from('{"message":"a"}\n'.repeat(records)), 'lines');
  return { kind: LOGS, records: body, source: 'api', requestId: randomUUID(), idempotencyKey };
}

describe('AcceptBatch', () => {
  it('bounds what is made of small records, which is far more than came: requests wait, and all are accepted', async () => {
    let publishing = 0;
    let most = 0;
    let largest = 0;
    const ingest = acceptor({
      publish: async (_scope, _queue, ...messages) => {
        const bytes = messages.reduce((sum, { ndjson }) => sum + ndjson.length, 0);
        publishing += bytes;
        most = Math.max(most, publishing);
        largest = Math.max(largest, bytes);
        // A broker that is slower than we are.
        for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
        publishing -= bytes;
      },
    });
    const sent = Array.from({ length: 30 }, () => ingest.accept(scope, batch(1000)));
    for (const { response } of await Promise.all(sent)) expect(response.accepted).toBe(1000);
    expect(largest).toBeGreaterThan(15 * 16 * 1000);
    expect(most).toBeGreaterThan(MAX_PENDING_BYTES / 2);
    expect(most).toBeLessThan(MAX_PENDING_BYTES + 2 * largest);
  });

  it('claims no Idempotency-Key for what the queue can never take: fewer of the records may be sent under it', async () => {
    const keys = new Map<string, IdempotentRequest>();
    const idempotency: Partial<IdempotencyStore> = {
      claim: (_scope, key, request) => {
        const known = keys.get(key) ?? request;
        keys.set(key, known);
        return Promise.resolve(known);
      },
      complete: () => Promise.resolve(),
    };
    const tooLarge = new OpsError('too_large', 'OPS_REQUEST_TOO_LARGE', 'send fewer of them');
    const checkSize: IngestQueue['checkSize'] = (_scope, ...messages) => {
      if (messages.reduce((sum, { recordCount }) => sum + recordCount, 0) > 50) throw tooLarge;
    };
    const ingest = acceptor({ checkSize }, idempotency);
    await expect(ingest.accept(scope, batch(90, 'key'))).rejects.toBe(tooLarge);
    expect(await ingest.accept(scope, batch(40, 'key'))).toMatchObject({ response: { accepted: 40 } });
    await expect(ingest.accept(scope, batch(41, 'key'))).rejects.toMatchObject({
      code: 'OPS_INGEST_IDEMPOTENCY_MISMATCH',
    });
  });

  it('gives back what it made where nothing comes of it: the next ones are made', async () => {
    let isDown = true;
    const ingest = acceptor({
      publish: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve()),
    });
    const failing = Array.from({ length: 20 }, () => ingest.accept(scope, batch(1000)));
    for (const outcome of await Promise.allSettled(failing)) expect(outcome.status).toBe('rejected');
    isDown = false;
    expect((await ingest.accept(scope, batch(1000))).response.accepted).toBe(1000);
  });

  it('accepts what it cannot keep the answers to, and tells it once for as long as it lasts', async () => {
    let isDown = true;
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const log = createLogger({ level: 'info', role: 'test', destination });
    const ingest = acceptor(
      {},
      {
        claim: (_scope, _key, request) => Promise.resolve(request),
        complete: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve()),
      },
      log,
    );
    const accept = async (key: string) => (await ingest.accept(scope, batch(1, key))).response.accepted;
    expect(await Promise.all(['1', '2', '3'].map(accept))).toEqual([1, 1, 1]);
    expect(lines).toHaveLength(1);
    isDown = false;
    await accept('4');
    isDown = true;
    await accept('5');
    expect(lines).toHaveLength(2);
  });
});
