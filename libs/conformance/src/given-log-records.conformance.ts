import { createHash } from 'node:crypto';
import { newScope } from '../../../test/support/new-scope';
import { encodeLogBatch } from '../../contracts/src/log-batch.message';
import { asId, type Fingerprint } from '../../core/src/common/ids';
import type { EncodedBatch } from '../../core/src/ingest/write-outcome';
import type { TimeRange } from '../../core/src/common/time-range';
import { encodeLogId } from '../../core/src/logs/log-id';
import type { LogLevel } from '../../core/src/logs/log-level';
import type { LogFilter } from '../../core/src/logs/log-query';
import type { ContextValue, LogRecord } from '../../core/src/logs/log-record';
import type { LogStore } from '../../core/src/logs/log-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';

export interface GivenRecord {
  readonly at?: string;
  readonly receivedAt?: string;
  readonly ns?: bigint;
  readonly level?: LogLevel;
  readonly service?: string;
  readonly message?: string;
  readonly fingerprint?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly correlationId?: string;
  readonly context?: Readonly<Record<string, ContextValue>>;
  readonly index?: number;
}

const RECEIVED_AT = '2026-03-10T12:00:00.000Z';
export const NOON = '2026-03-10T12:00:00.000Z';
export const ALL: TimeRange = { fromMs: Date.parse('1990-01-01'), toMs: Date.parse('2100-01-01') };

/** A canonical record of the project; `ns` are nanoseconds beyond the milliseconds of `at`. */
export function recordOf(scope: ProjectScope, given: GivenRecord): LogRecord {
  const at = given.at ?? NOON;
  const ns = given.ns ?? 0n;
  const timestampNs = BigInt(Date.parse(at)) * 1_000_000n + ns;
  const receivedAt = given.receivedAt ?? RECEIVED_AT;
  const id = encodeLogId({
    timestampNs,
    receivedAtMs: Date.parse(receivedAt),
    index: given.index ?? 0,
    hash: createHash('sha256')
      .update(JSON.stringify({ ...given, ns: String(ns) }))
      .digest('hex')
      .slice(0, 10),
  });
  const fraction =
    ns === 0n ? '' : ns % 1000n === 0n ? String(ns / 1000n).padStart(3, '0') : String(ns).padStart(6, '0');
  return {
    id,
    projectId: scope.projectId,
    timestamp: `${new Date(at).toISOString().slice(0, -1)}${fraction}Z`,
    receivedAt,
    level: given.level ?? 'info',
    serviceName: given.service ?? 'api',
    message: given.message ?? 'hello',
    ...(given.traceId !== undefined && { traceId: given.traceId }),
    ...(given.spanId !== undefined && { spanId: given.spanId }),
    ...(given.correlationId !== undefined && { correlationId: given.correlationId }),
    context: {
      ...given.context,
      ...(given.parentSpanId !== undefined && { parent_span_id: given.parentSpanId }),
    },
    fingerprint: asId<Fingerprint>(given.fingerprint ?? 'f1'),
    source: 'api',
  };
}

/** One engine with an empty store. */
export interface LogStoreEngine {
  readonly store: LogStore;
  end(): Promise<void>;
}

/** Starts an engine for the `describe` that calls it, and ends it after. What is returned is a fresh subject in each test. */
export function startLogStore(start: () => Promise<LogStoreEngine>): LogStoreSubject {
  let engine: LogStoreEngine;
  let subject: LogStoreSubject;
  beforeAll(async () => {
    engine = await start();
  });
  beforeEach(() => {
    subject = new LogStoreSubject(engine.store);
  });
  afterAll(() => engine.end());
  return {
    get store() {
      return subject.store;
    },
    get mine() {
      return subject.mine;
    },
    get theirs() {
      return subject.theirs;
    },
    put: (given, scope) => subject.put(given, scope),
    messagesOf: (filter, scope) => subject.messagesOf(filter, scope),
  };
}

/** The store under test and two projects, fresh for each test, so that none sees another's records. */
export class LogStoreSubject {
  readonly mine = newScope();
  readonly theirs = newScope();

  constructor(readonly store: LogStore) {}

  async put(given: readonly GivenRecord[], scope = this.mine): Promise<readonly LogRecord[]> {
    const records = given.map((one) => recordOf(scope, one));
    const outcome = await this.store.write(scope, encodeLogBatch(records));
    expect(outcome.rejected).toEqual([]);
    return records;
  }

  /** The messages of all records that match, in order of time. */
  async messagesOf(filter: Partial<LogFilter>, scope = this.mine): Promise<readonly string[]> {
    const page = await this.store.search(scope, { range: ALL, ...filter, limit: 100, order: 'asc' });
    expect(page.total).toBe(page.items.length);
    return page.items.map(({ message }) => message);
  }
}

/** Records of one instant with the messages m0, m1, and so on. */
export function numberedRecords(scope: ProjectScope, count: number): EncodedBatch {
  return encodeLogBatch(
    Array.from({ length: count }, (_, at) => recordOf(scope, { index: at, message: `m${at}` })),
  );
}

/** How many records of the project a search counts. */
export async function totalOf(store: LogStore, scope: ProjectScope): Promise<number> {
  return (await store.search(scope, { range: ALL, limit: 0, order: 'asc' })).total;
}
