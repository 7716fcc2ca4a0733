import { setTimeout as delay } from 'node:timers/promises';
import { Client, type Pool } from 'pg';
import { type Backoff, backoffDelayMs } from '../../../core/src/common/backoff-delay';

/** A pino logger fits. */
export interface WarningLog {
  warn(fields: object, message: string): void;
}

const CHANNEL = 'opspilot_queue';
const BACKOFF: Backoff = { firstMs: 200, maxMs: 10_000 };
/** Publishes within this time of a notification are announced together by the next one. */
const NOTIFY_EVERY_MS = 20;

/**
 * Tells waiting takers that a queue has new messages: those of this process directly, those of others by LISTEN/NOTIFY
 * over one connection of its own. Best effort: a taker also looks by itself now and then.
 */
export class QueueWakeUps {
  private readonly versions = new Map<string, number>();
  private readonly waiters = new Set<() => void>();
  private readonly announced = new Map<string, NodeJS.Timeout>();
  private readonly delayed = new Set<NodeJS.Timeout>();
  private readonly repeat = new Set<string>();
  private readonly closing = new AbortController();
  private listening: Promise<void> | undefined;
  private notifying = Promise.resolve();

  constructor(
    private readonly pool: Pool,
    private readonly log: WarningLog,
  ) {}

  /** A number that changes with each wake-up. Read it before looking into the queue. */
  version(queue: string): number {
    return this.versions.get(queue) ?? 0;
  }

  /** Resolves when the queue was announced since `version` was read, when `signal` aborts, or after `timeoutMs`. */
  async wait(queue: string, version: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    this.listening ??= this.listen();
    if (this.version(queue) !== version || signal?.aborted === true || this.isClosed()) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal?.addEventListener('abort', done);
      this.waiters.add(done);
    });
  }

  /**
   * Announces new messages. Outside of the publishing transaction on purpose: a NOTIFY inside would make all commits
   * wait for one another, and with them for the disk.
   */
  announce(queue: string): void {
    if (this.isClosed()) return;
    this.wake(queue);
    if (this.announced.has(queue)) {
      this.repeat.add(queue);
      return;
    }
    this.notifying = this.notifying.then(() => this.notify(queue));
    const timer = setTimeout(() => {
      this.announced.delete(queue);
      if (this.repeat.delete(queue)) this.announce(queue);
    }, NOTIFY_EVERY_MS);
    timer.unref();
    this.announced.set(queue, timer);
  }

  /** For messages that become visible later. */
  announceAfter(queue: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.announce(queue);
      return;
    }
    const timer = setTimeout(() => {
      this.delayed.delete(timer);
      this.announce(queue);
    }, delayMs);
    timer.unref();
    this.delayed.add(timer);
  }

  isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  async close(): Promise<void> {
    this.closing.abort();
    for (const timer of [...this.announced.values(), ...this.delayed]) clearTimeout(timer);
    for (const done of [...this.waiters]) done();
    await this.notifying;
    await this.listening;
  }

  private wake(queue: string): void {
    this.versions.set(queue, this.version(queue) + 1);
    for (const done of [...this.waiters]) done();
  }

  private async notify(queue: string): Promise<void> {
    try {
      await this.pool.query('SELECT pg_notify($1, $2)', [CHANNEL, queue]);
    } catch (error) {
      this.log.warn({ queue, err: error }, 'queue not announced, other processes will find it by looking');
    }
  }

  /** Keeps one connection listening until close. */
  private async listen(): Promise<void> {
    let failures = 0;
    while (!this.isClosed()) {
      try {
        await this.listenOnce(() => (failures = 0));
      } catch (error) {
        failures += 1;
        this.log.warn({ err: error, failures }, 'queue listener lost its connection');
      }
      if (this.isClosed()) return;
      const waitMs = backoffDelayMs(failures, BACKOFF, Math.random());
      // Ends early, by throwing, only on close.
      await delay(waitMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** Resolves on close; throws when the connection breaks. */
  private async listenOnce(connected: () => void): Promise<void> {
    const client = new Client({ ...this.pool.options, application_name: 'opspilot-queue-listener' });
    const ended = new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('connection ended')));
      this.closing.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    ended.catch(() => undefined);
    client.on('notification', ({ payload }) => this.wake(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      connected();
      // What was published while nobody listened.
      for (const queue of this.versions.keys()) this.wake(queue);
      if (!this.isClosed()) await ended;
    } finally {
      await client.end();
    }
  }
}
