import type { Pool } from 'pg';
import { PostgresListener, type WarningLog } from './postgres-listener';

const CHANNEL = 'opspilot_queue';
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
  private readonly listener: PostgresListener;
  private notifying = Promise.resolve();
  private isListening = false;

  constructor(
    private readonly pool: Pool,
    private readonly log: WarningLog,
  ) {
    this.listener = new PostgresListener(pool, {
      applicationName: 'opspilot-queue-listener',
      log,
      onNotification: (_channel, queue) => this.wake(queue),
      // What was published while nobody listened.
      onConnected: () => [...this.versions.keys()].forEach((queue) => this.wake(queue)),
    });
  }

  /** A number that changes with each wake-up. Read it before looking into the queue. */
  version(queue: string): number {
    return this.versions.get(queue) ?? 0;
  }

  /** Resolves when the queue was announced since `version` was read, when `signal` aborts, or after `timeoutMs`. */
  async wait(queue: string, version: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (!this.isListening) this.listen();
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
    return this.listener.isClosed();
  }

  async close(): Promise<void> {
    const closed = this.listener.close();
    for (const timer of [...this.announced.values(), ...this.delayed]) clearTimeout(timer);
    for (const done of [...this.waiters]) done();
    await this.notifying;
    await closed;
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

  private listen(): void {
    this.isListening = true;
    this.listener.listen(CHANNEL).catch((error: unknown) => {
      this.log.warn({ err: error }, 'queue is not listened to, new messages will be found by looking');
    });
  }
}
