import { setTimeout as delay } from 'node:timers/promises';
import { Client, escapeIdentifier, type Pool } from 'pg';
import { type Backoff, backoffDelayMs } from '../../../core/src/common/backoff-delay';
import { isUnanswered } from './engine-error';

/** A pino logger fits. */
export interface WarningLog {
  warn(fields: object, message: string): void;
}

export interface ListenerOptions {
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly log: WarningLog;
  onNotification(channel: string, payload: string): void;
  /** What was notified while there was no connection is lost. */
  onConnected?(): void;
  /** How often the connection is tried, for one whose other end is gone says nothing. Default 30,000. */
  readonly probeMs?: number;
}

const DEFAULT_PROBE_MS = 30_000;
const BACKOFF: Backoff = { firstMs: 200, maxMs: 10_000 };
/** A server that hangs does not take leave. */
const LEAVE_MS = 1000;

/** Keeps one connection of its own listening, from the first `listen` until `close`. */
export class PostgresListener {
  private readonly channels = new Set<string>();
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;
  private client: Client | undefined;
  /** The driver takes one statement of a client at a time. */
  private asked: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly pool: Pool,
    private readonly options: ListenerOptions,
  ) {}

  /** Resolves when it is in effect, or at once where there is no connection yet: it is then when there is one. Errors: those of the driver. */
  async listen(channel: string): Promise<void> {
    this.channels.add(channel);
    this.running ??= this.run();
    if (this.client !== undefined) await this.ask(this.client, listenTo(channel));
  }

  /** Errors: those of the driver. */
  async unlisten(channel: string): Promise<void> {
    this.channels.delete(channel);
    if (this.client !== undefined) await this.ask(this.client, `UN${listenTo(channel)}`);
  }

  isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.isClosed()) {
      try {
        await this.runOnce(() => (failures = 0));
      } catch (error) {
        failures += 1;
        const { log, applicationName } = this.options;
        log.warn({ err: error, failures, listener: applicationName }, 'listener lost its connection');
      }
      if (this.isClosed()) return;
      const waitMs = backoffDelayMs(failures, BACKOFF, Math.random());
      // Ends early, by throwing, only on close.
      await delay(waitMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** Resolves on close; throws when the connection breaks. */
  private async runOnce(connected: () => void): Promise<void> {
    const { applicationName, onNotification, onConnected } = this.options;
    const client = new Client({ ...this.pool.options, application_name: applicationName });
    const ended = new Promise<never>((_resolve, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('connection ended')));
    });
    ended.catch(() => undefined);
    client.on('notification', ({ channel, payload }) => onNotification(channel, payload ?? ''));
    try {
      await client.connect();
      this.client = client;
      for (const channel of this.channels) await this.ask(client, listenTo(channel));
      connected();
      onConnected?.();
      if (!this.isClosed()) await Promise.race([ended, this.probe(client)]);
    } finally {
      this.client = undefined;
      const left = new AbortController();
      await Promise.race([
        client.end().finally(() => left.abort()),
        delay(LEAVE_MS, undefined, { signal: left.signal }).catch(() => undefined),
      ]);
    }
  }

  /** Resolves on close; throws when the connection does not answer within the pool's timeout of a query. */
  private async probe(client: Client): Promise<void> {
    const { signal } = this.closing;
    const { probeMs = DEFAULT_PROBE_MS } = this.options;
    while (!this.isClosed()) {
      await delay(probeMs, undefined, { signal }).catch(() => undefined);
      if (!this.isClosed()) await this.ask(client, 'SELECT');
    }
  }

  private ask(client: Client, statement: string): Promise<unknown> {
    const answer = this.asked.then(() => client.query(statement));
    this.asked = answer.catch((error: unknown) => {
      // Whatever is asked next would wait as long, one after the other.
      if (isUnanswered(error)) void client.end();
    });
    return answer;
  }
}

function listenTo(channel: string): string {
  return `LISTEN ${escapeIdentifier(channel)}`;
}
