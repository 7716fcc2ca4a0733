import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceRecord } from '../log-reader/source-record';
import { BatchBuilder, halve, type BatchLimits, type LogBatch, toIngestJson } from './log-batch';
import type { ListedRejection, PostBatch } from './post-batch';
import { retryDelayMs } from './retry-delay';

export interface LogSenderOptions {
  readonly post: PostBatch;
  /** Differs for each run: with the number of a batch it makes the batch's Idempotency-Key. */
  readonly runId: string;
  readonly limits: BatchLimits;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Further attempts for one batch. */
  readonly maxRetries: number;
  /** Told at the first further attempt of the run, and why it is needed; not again. */
  readonly onFirstRetry?: (reason: string) => void;
  readonly random?: () => number;
  /** Resolves early, with a rejection, when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export interface Rejection {
  readonly place: string;
  readonly reason: string;
}

export interface SendCounts {
  accepted: number;
  rejected: number;
  /** Read, but not taken by any answer. */
  notSent: number;
  batches: number;
  retries: number;
}

const REJECTIONS_KEPT = 10;

/** Sends records in batches, a few at once. Each batch is repeated until it is answered, refused or out of attempts; after that nothing more is sent. */
export class LogSender {
  readonly counts: SendCounts = { accepted: 0, rejected: 0, notSent: 0, batches: 0, retries: 0 };
  /** The first few. */
  readonly rejections: Rejection[] = [];
  /** Why sending was given up. */
  failure: string | undefined;
  private readonly builder: BatchBuilder;
  private readonly waiting: LogBatch[] = [];
  private readonly stopping = new AbortController();
  private active = 0;
  private wakeUp: (() => void)[] = [];

  constructor(private readonly options: LogSenderOptions) {
    this.builder = new BatchBuilder(options.limits);
  }

  add(record: SourceRecord, place: string): void {
    const batch = this.builder.add(toIngestJson(record), place);
    if (batch !== undefined) this.enqueue(batch);
  }

  /** Sends what has been gathered, full or not. */
  flush(): void {
    const batch = this.builder.close();
    if (batch !== undefined) this.enqueue(batch);
  }

  /** Resolves when there is room for more: whoever reads waits for it, so that memory stays bounded. */
  async ready(): Promise<void> {
    while (this.waiting.length > 0) await this.nextChange();
  }

  /** Resolves when every record has been answered or given up. */
  async close(): Promise<void> {
    this.flush();
    while (this.waiting.length > 0 || this.active > 0) await this.nextChange();
  }

  /** Gives up: what is not answered by now counts as not sent. */
  abort(reason: string): void {
    this.failure ??= reason;
    this.stopping.abort();
    for (const batch of this.waiting.splice(0)) this.counts.notSent += batch.records.length;
    this.changed();
  }

  private enqueue(batch: LogBatch): void {
    if (this.failure !== undefined) {
      this.counts.notSent += batch.records.length;
      return;
    }
    this.waiting.push(batch);
    this.startWaiting();
  }

  private startWaiting(): void {
    while (this.active < this.options.concurrency) {
      const batch = this.waiting.shift();
      if (batch === undefined) return;
      this.active++;
      void this.run(batch);
    }
  }

  private async run(batch: LogBatch): Promise<void> {
    try {
      await this.send(batch);
    } catch (error) {
      this.counts.notSent += batch.records.length;
      this.abort(error instanceof Error ? error.message : String(error));
    }
    this.active--;
    this.startWaiting();
    this.changed();
  }

  private async send(batch: LogBatch): Promise<void> {
    const { post, runId, maxRetries, random = Math.random, wait = abortableSleep } = this.options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await post(batch, `${runId}-${batch.number}`, this.stopping.signal);
      if (outcome.kind === 'answered') return this.noteAnswer(batch, outcome.rejectedCount, outcome.listed);
      if (outcome.kind === 'too_large') {
        const [first, second] = halve(batch);
        await this.send(first);
        return this.send(second);
      }
      if (outcome.kind === 'refused') return this.noteRefusal(batch, outcome.reason, outcome.isFinal);
      if (attempt > maxRetries || this.stopping.signal.aborted) {
        return this.noteRefusal(
          batch,
          `${outcome.reason} (tried ${attempt} time${attempt === 1 ? '' : 's'})`,
          true,
        );
      }
      if (++this.counts.retries === 1) this.options.onFirstRetry?.(outcome.reason);
      // An abort ends the wait early; the next attempt then fails at once and is the last.
      await wait(retryDelayMs(attempt, random(), outcome.retryAfterMs), this.stopping.signal).catch(
        () => undefined,
      );
    }
  }

  private noteAnswer(batch: LogBatch, rejectedCount: number, listed: readonly ListedRejection[]): void {
    this.counts.batches++;
    this.counts.rejected += rejectedCount;
    this.counts.accepted += batch.records.length - rejectedCount;
    for (const { index, reason } of listed) this.noteRejection(batch.places[index] ?? '?', reason);
  }

  private noteRefusal(batch: LogBatch, reason: string, isFinal: boolean): void {
    if (isFinal) {
      this.counts.notSent += batch.records.length;
      return this.abort(reason);
    }
    this.counts.batches++;
    this.counts.rejected += batch.records.length;
    this.noteRejection(
      batch.places[0] ?? '?',
      `${reason} (and with it the ${batch.records.length} records of its batch)`,
    );
  }

  private noteRejection(place: string, reason: string): void {
    if (this.rejections.length < REJECTIONS_KEPT) this.rejections.push({ place, reason });
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => this.wakeUp.push(resolve));
  }

  private changed(): void {
    for (const resolve of this.wakeUp.splice(0)) resolve();
  }
}

function abortableSleep(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleep(ms, undefined, { signal });
}
