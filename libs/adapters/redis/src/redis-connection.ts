import { Redis } from 'ioredis';
import { backoffDelayMs } from '../../../core/src/common/backoff-delay';
import { OpsError } from '../../../core/src/common/errors';
import { restoreStringMethods } from '../../../core/src/common/restore-string-methods';
import type { Logger } from '../../../observability/src/app-logger';
import type { AppMetrics } from '../../../observability/src/app-metrics';
import { ToldProblems } from '../../../observability/src/told-problems';

export interface RedisConnectionOptions {
  readonly url: string;
  /** How long a command may take before its caller goes on without it. */
  readonly timeoutMs: number;
  /** Shown by CLIENT LIST. */
  readonly applicationName: string;
  readonly log: Logger;
  readonly metrics: AppMetrics;
}

/** `refused`: it lets us not in, or takes nothing. */
export const REDIS_STATES = ['up', 'refused', 'down'] as const;
export type RedisState = (typeof REDIS_STATES)[number];

/** Written to see whether Redis takes anything: it answers also where it is full, a replica, or cannot write its own disk. */
const PROBE_KEY = 'opspilot:probe';
const PROBE_LASTS_MS = 60_000;
const SUBJECT = 'refusal';
const REFUSAL = /WRONGPASS|NOAUTH|NOPERM/;
/** While Redis does not answer, one command in this time is sent to see whether it does again. */
const PROBE_EVERY_MS = 1000;
const RECONNECT = { firstMs: 100, maxMs: 5000 };
const CONNECT_TIMEOUT_MS = 2000;
/** A connection on which so many of them found no answer is given up: its other end may be gone without a word. */
const MAX_SILENT_PROBES = 5;

/**
 * The connection to a Redis that nothing depends on: a command that fails, or takes too long, has no answer, and the next
 * ones are not even sent until Redis is back. Connects, and connects again, by itself.
 */
export class RedisConnection {
  private readonly client: Redis;
  private readonly unanswered;
  private isDown = false;
  private isDoubted = false;
  /** It is there, and does not let us in. */
  private isRefused = false;
  private nextProbeAtMs = 0;
  private silentProbes = 0;
  private readonly told = new ToldProblems();
  private readonly probes: ((client: Redis) => Promise<unknown>)[] = [];

  constructor(private readonly options: RedisConnectionOptions) {
    this.unanswered = options.metrics.counter({
      name: 'opspilot_redis_unanswered_total',
      help: 'Commands that Redis did not answer, or that were not sent because it does not answer',
    });
    this.client = new Redis(options.url, {
      connectionName: options.applicationName.replaceAll(/[^\x21-\x7e]/g, '-'),
      commandTimeout: options.timeoutMs,
      connectTimeout: CONNECT_TIMEOUT_MS,
      disconnectTimeout: options.timeoutMs,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => backoffDelayMs(attempt, RECONNECT, Math.random()),
    });
    // ioredis, which was loaded just now, declares a VerbatimString.
    restoreStringMethods();
    this.client.on('error', (error) => {
      this.isRefused = REFUSAL.test(error.message);
      this.goDown(error);
    });
    this.client.on('close', () => this.goDown(undefined));
    this.client.on('ready', () => this.comeBack());
  }

  /** Makes a Lua script a command of the client, sent by its hash. */
  define(name: string, script: { readonly lua: string; readonly numberOfKeys: number }): void {
    this.client.defineCommand(name, script);
  }

  /** Makes this one of the commands that Redis must answer to count as well: who may write may yet be refused others. */
  probeWith(command: (client: Redis) => Promise<unknown>): void {
    this.probes.push(command);
  }

  /** What the command answers; undefined where Redis does not. Never rejects. */
  async run<Answer>(command: (client: Redis) => Promise<Answer>): Promise<Answer | undefined> {
    if (this.mayAsk()) {
      const isProbe = this.isDown;
      try {
        const answer = await command(this.client);
        this.comeBack();
        return answer;
      } catch (error) {
        if (isReply(error)) this.comeBack();
        if (this.isDown && isProbe) this.countSilentProbe();
        else void this.doubt(error);
      }
    }
    this.unanswered.inc();
    return undefined;
  }

  /** Errors: OpsError `unavailable` where Redis does not answer, or takes nothing. */
  async check(): Promise<void> {
    const error = await this.probe();
    if (error === undefined) return;
    const detail = `${this.whatIsWrong(error)}; limits are not enforced and no answers are kept meanwhile`;
    throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', detail);
  }

  /** As Redis answers now, also where nobody has asked it anything yet. Never rejects. */
  async state(): Promise<RedisState> {
    const error = await this.probe();
    if (error === undefined) return 'up';
    return this.isRefused || isReply(error) ? 'refused' : 'down';
  }

  /** What keeps Redis from doing what it is for; undefined where nothing does. */
  private async probe(): Promise<Error | undefined> {
    const write = () => this.client.set(PROBE_KEY, '', 'PX', PROBE_LASTS_MS);
    const wasReady = this.client.status === 'ready';
    try {
      await write().catch(write);
      for (const command of this.probes) await command(this.client);
    } catch (error) {
      // Of a process that asks Redis for nothing else, only this finds out that its connection has gone silent.
      if (wasReady && !isReply(error)) this.countSilentProbe();
      return error instanceof Error ? error : new Error(String(error));
    }
    this.comeBack();
    if (this.told.isOver(SUBJECT)) this.options.log.info('redis takes commands again');
    return undefined;
  }

  private whatIsWrong(error: unknown): string {
    if (this.isRefused)
      return 'refuses the password in CACHE_URL: set that password again, or put the right one there and restart';
    if (!isReply(error)) return 'does not answer: start it, or correct CACHE_URL';
    return `does not do what it is for (${error.message}): give it memory or disk, or CACHE_URL the address of one that may be written and a user who may write and run scripts there`;
  }

  async close(): Promise<void> {
    this.client.removeAllListeners();
    this.client.on('error', () => undefined);
    this.client.disconnect();
  }

  private mayAsk(): boolean {
    if (this.client.status !== 'ready') return false;
    if (!this.isDown) return true;
    const nowMs = performance.now();
    if (nowMs < this.nextProbeAtMs) return false;
    this.nextProbeAtMs = nowMs + PROBE_EVERY_MS;
    return true;
  }

  /**
   * Asks once more before Redis is taken to be down: a process that was busy for longer than the timeout finds its own
   * delay in every command that was under way.
   */
  private async doubt(error: unknown): Promise<void> {
    if (this.isDown || this.isDoubted) return;
    this.isDoubted = true;
    try {
      // A refusal is an answer as well.
      await this.client.ping().catch(unlessReply);
      // Each command that is refused is refused in words of its own: the first ones stand for all.
      if (isReply(error) && this.told.isNews(SUBJECT, SUBJECT))
        this.options.log.warn(
          { reason: error.message },
          'redis refuses commands, going on without limits and kept answers',
        );
    } catch {
      this.goDown(error);
    } finally {
      this.isDoubted = false;
    }
  }

  private countSilentProbe(): void {
    this.silentProbes += 1;
    if (this.silentProbes < MAX_SILENT_PROBES) return;
    this.silentProbes = 0;
    this.client.disconnect(true);
  }

  private goDown(error: unknown): void {
    this.nextProbeAtMs = performance.now() + PROBE_EVERY_MS;
    if (this.isDown) return;
    this.isDown = true;
    this.silentProbes = 0;
    // Never the error itself: the client's errors hold the command, and so a password or an answer.
    const reason = error instanceof Error ? error.message : 'connection closed';
    this.options.log.warn({ reason }, 'redis does not answer, going on without limits and kept answers');
  }

  private comeBack(): void {
    this.isRefused = false;
    this.silentProbes = 0;
    if (!this.isDown) return;
    this.isDown = false;
    this.options.log.info('redis answers again');
  }
}

function unlessReply(error: unknown): void {
  if (!isReply(error)) throw error;
}

/** Whether Redis itself says no. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}
