import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { decodeLiveLines, encodeLiveLines } from '../../../contracts/src/live-lines.message';
import { splitLines } from '../../../contracts/src/ndjson';
import type { Stopwatch } from '../../../core/src/common/stopwatch';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import type { EncodedBatch } from '../../../core/src/ingest/write-outcome';
import { type LiveBatch, LiveFeed, type LiveFilter } from '../../../core/src/logs/live-feed.port';
import { LIVE_INTEREST_EVERY_MS, LiveInterest } from '../../../core/src/logs/live-interest';
import { LiveReaders } from '../../../core/src/logs/live-readers';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { ToldProblems } from '../../../observability/src/told-problems';
import { onEngine } from './engine-error';
import { PostgresListener, type WarningLog } from './postgres-listener';

export interface PostgresLiveFeedOptions {
  /** Records that wait for one slow reader. */
  readonly bufferRecords: number;
  readonly stopwatch: Stopwatch;
  readonly log: WarningLog;
}

const READERS_CHANNEL = 'opspilot_live_readers';
const RECORDS_CHANNEL = 'opspilot_live_';
/** A NOTIFY carries less than 8000 bytes; some are for the head. */
const MAX_LINES_BYTES = 7600;
/** Notifications under way from this process; what comes on top is lost, and counted. */
const MAX_PENDING_BYTES = 1024 * 1024;
const NEWLINE = Buffer.from('\n');

/**
 * The live feed over LISTEN and NOTIFY. Readers tell every few seconds which projects they read, and only those are
 * published, in notifications of up to 8 kB. A record that does not fit into one is lost to readers here, and counted.
 */
export class PostgresLiveFeed extends LiveFeed {
  private readonly readers: LiveReaders;
  private readonly interest = new LiveInterest();
  private readonly publisher = randomUUID();
  private readonly listener: PostgresListener;
  /** Of what is tried every few seconds. */
  private readonly told = new ToldProblems();
  private heartbeat: NodeJS.Timeout | undefined;
  private hearing: Promise<void> | undefined;
  private sending: Promise<void> = Promise.resolve();
  private pendingBytes = 0;

  constructor(
    private readonly pool: Pool,
    private readonly options: PostgresLiveFeedOptions,
  ) {
    super();
    this.readers = new LiveReaders(options.bufferRecords);
    this.listener = new PostgresListener(pool, {
      applicationName: 'opspilot-live-feed',
      log: options.log,
      onNotification: (channel, payload) => this.receive(channel, payload),
    });
  }

  override publish({ projectId }: ProjectScope, batch: EncodedBatch): void {
    if (this.listener.isClosed()) return;
    this.hearing ??= this.listener.listen(READERS_CHANNEL).catch(() => {
      // Tried again with the next batch.
      this.hearing = undefined;
    });
    const position = this.interest.advance(projectId, batch.recordCount, this.options.stopwatch.readMs());
    if (position === undefined || this.pendingBytes > MAX_PENDING_BYTES) return;
    const payloads = this.toPayloads(projectId, position, batch);
    const bytes = batch.ndjson.length;
    this.pendingBytes += bytes;
    this.sending = this.sending
      .then(() => this.notify(RECORDS_CHANNEL + projectId, payloads))
      .finally(() => {
        this.pendingBytes -= bytes;
      });
  }

  override async subscribe(
    scope: ProjectScope,
    filter: LiveFilter,
    onBatch: (batch: LiveBatch) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const arrived = this.readers.expect(scope.projectId);
    try {
      await onEngine(async () => {
        await this.listener.listen(RECORDS_CHANNEL + scope.projectId);
        await this.announce(scope.projectId);
      });
    } catch (error) {
      if (!arrived()) void this.leave(scope.projectId);
      throw error;
    }
    arrived();
    this.readers.add(scope, filter, onBatch, signal, (projectId) => void this.leave(projectId));
    this.heartbeat ??= setInterval(() => void this.beat(), LIVE_INTEREST_EVERY_MS).unref();
  }

  /** Call before the pool's end. */
  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    await this.listener.close();
    await this.sending;
  }

  private receive(channel: string, payload: string): void {
    if (channel === READERS_CHANNEL) {
      this.interest.heard(asId<ProjectId>(payload), this.options.stopwatch.readMs());
      return;
    }
    const message = decodeLiveLines(Buffer.from(payload));
    if (message !== undefined) this.readers.receive(message);
  }

  /** Each holds as many lines as fit, and its own position, so that a reader notices what is left out in between. */
  private toPayloads(projectId: ProjectId, position: number, batch: EncodedBatch): readonly string[] {
    const { publisher } = this;
    const payloads: string[] = [];
    let lines: Uint8Array[] = [];
    let bytes = 0;
    const flush = (end: number) => {
      if (lines.length > 0) {
        const some = {
          ndjson: Buffer.concat(lines.flatMap((line) => [line, NEWLINE])),
          recordCount: lines.length,
        };
        const origin = { projectId, publisher, position: position + end - lines.length };
        payloads.push(encodeLiveLines(origin, some).toString());
      }
      lines = [];
      bytes = 0;
    };
    splitLines(batch.ndjson).forEach((line, index) => {
      const isTooLong = line.length > MAX_LINES_BYTES;
      if (isTooLong || bytes + line.length > MAX_LINES_BYTES) flush(index);
      if (isTooLong) return;
      lines.push(line);
      bytes += line.length + NEWLINE.length;
    });
    flush(batch.recordCount);
    return payloads;
  }

  private async notify(channel: string, payloads: readonly string[]): Promise<void> {
    try {
      await this.pool.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [
        channel,
        payloads,
      ]);
      this.told.isOver('sending');
    } catch (error) {
      if (this.told.isNews('sending', error))
        this.options.log.warn({ err: error, channel }, 'records were not shown to those who watch');
    }
  }

  private async announce(projectId: ProjectId): Promise<void> {
    await this.pool.query('SELECT pg_notify($1, $2)', [READERS_CHANNEL, projectId]);
  }

  private async beat(): Promise<void> {
    const projectIds = this.readers.projectIds();
    if (projectIds.length === 0) {
      clearInterval(this.heartbeat);
      this.heartbeat = undefined;
      return;
    }
    try {
      for (const projectId of projectIds) await this.announce(projectId);
      this.told.isOver('announcing');
    } catch (error) {
      if (this.told.isNews('announcing', error))
        this.options.log.warn({ err: error }, 'those who watch could not be announced');
    }
  }

  private async leave(projectId: ProjectId): Promise<void> {
    try {
      if (!this.listener.isClosed()) await this.listener.unlisten(RECORDS_CHANNEL + projectId);
    } catch (error) {
      this.options.log.warn({ err: error }, 'the connection listens on to what nobody reads');
    }
  }
}
