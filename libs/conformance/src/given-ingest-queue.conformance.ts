import { newScope } from '../../../test/support/new-scope';
import { waitFor } from '../../../test/support/wait-for';
import type { Delivery, IngestQueue, TakeOptions } from '../../core/src/ingest/ingest-queue.port';

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
export const LEASE: TakeOptions = { maxMessages: 100, maxBytes: 1_000_000, leaseMs: 60_000, waitMs: 10_000 };
export const AT_ONCE: TakeOptions = { ...LEASE, waitMs: 150 };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The queue under test, seen by a process that each test has for itself, for a process may hold messages ahead of its takes. */
export class IngestQueueSubject {
  readonly mine = newScope();
  readonly theirs = newScope();
  private closers: (() => Promise<void>)[] = [];

  constructor(readonly engine: IngestQueueEngine) {}

  /** Another process, until the test ends. */
  async open(): Promise<IngestQueue> {
    const opened = await this.engine.open();
    this.closers.push(opened.close);
    return opened.queue;
  }

  /** After each test. */
  async clear(): Promise<void> {
    for (const close of this.closers) await close();
    this.closers = [];
    await this.engine.clear();
  }
}

export function messageOf(body: string) {
  return { ndjson: encoder.encode(body), recordCount: 1, requestId: `request-${body.trim()}` };
}

export function bodies(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(({ message }) => decoder.decode(message.ndjson));
}

/** An engine may answer with less than there is: as many takes as it needs. */
export async function collect(queue: IngestQueue, count: number): Promise<readonly Delivery[]> {
  const collected: Delivery[] = [];
  while (collected.length < count) {
    const taken = await queue.take('logs.ingest', { ...LEASE, maxMessages: count - collected.length });
    if (taken.length === 0) break;
    collected.push(...taken);
  }
  return collected;
}

/** Whichever process is given the message. */
export function takeFromAny(...queues: readonly IngestQueue[]): Promise<readonly Delivery[]> {
  return waitFor('a delivery to any process', async () => {
    for (const queue of queues) {
      const taken = await queue.take('logs.ingest', AT_ONCE);
      if (taken.length > 0) return taken;
    }
    return undefined;
  });
}

export async function waitForDepth(queue: IngestQueue, messages: number): Promise<void> {
  await waitFor(`a depth of ${messages}`, async () =>
    (await queue.depth('logs.ingest')).messages === messages ? true : undefined,
  );
}
