import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { OpsError } from '../../../libs/core/src/common/errors';
import { type LiveBatch, LiveFeed, type LiveFilter } from '../../../libs/core/src/logs/live-feed.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import type { LiveStream, ServerEnd, StreamEnd } from './live-stream';

const KINDS = ['sse', 'websocket'] as const;
const HEARTBEAT_MS = 10_000;
const MINUTE_MS = 60_000;
const RETRY_AFTER_SECONDS = 10;

/** One stream, from the request for it until nothing is shown any more. */
interface OpenStream {
  readonly scope: ProjectScope;
  readonly stream: LiveStream;
  readonly stop: AbortController;
  readonly takenAtMs: number;
  hasBegun: boolean;
  sent: number;
  lost: number;
}

/** The streams of log records that are open, so that they are counted, bounded, and ended when the process stops. */
@Injectable()
export class LogStreams implements BeforeApplicationShutdown {
  private readonly open = new Set<OpenStream>();
  private readonly records;
  private readonly ends;

  constructor(
    @Inject(LiveFeed) private readonly live: LiveFeed,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppLogger) private readonly log: AppLogger,
    @Inject(AppMetrics) metrics: AppMetrics,
  ) {
    metrics.gauge({
      name: 'opspilot_log_stream_connections',
      help: 'Streams of log records that are open; LOG_STREAMS_MAX bounds both kinds together',
      labels: ['kind'],
      collect: (gauge) => {
        const kinds = [...this.open].map(({ stream }) => stream.kind);
        for (const kind of KINDS) gauge.set({ kind }, kinds.filter((each) => each === kind).length);
      },
    });
    this.records = metrics.counter({
      name: 'opspilot_log_stream_records_total',
      help: 'Records for open streams: sent, or lost because somebody on the way was too slow',
      labels: ['outcome'],
    });
    this.ends = metrics.counter({
      name: 'opspilot_log_stream_ends_total',
      help: 'Streams of log records that ended: left by the client, over in time, stopping with the process, unresponsive, or refused because the client sent what a stream does not take',
      labels: ['kind', 'reason'],
    });
  }

  /**
   * Answers with records as they come, each as `toText` makes it, until the client leaves, LOG_STREAM_MAX_MINUTES are over
   * or the process stops. Errors, before anything is sent: OpsError `overloaded`, `unavailable`, `invalid`.
   */
  async serve(
    scope: ProjectScope,
    filter: LiveFilter,
    stream: LiveStream,
    toText: (line: string) => string,
  ): Promise<void> {
    const one = this.take(scope, stream);
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const onBatch = async (batch: LiveBatch) => {
      await begun;
      await this.send(one, batch, toText);
    };
    stream.onEnd((end) => {
      this.release(one);
      if (one.hasBegun) this.tellEnd(one, end);
    });
    try {
      await this.live.subscribe(scope, filter, onBatch, one.stop.signal);
      stream.begin();
    } catch (error) {
      this.release(one);
      throw error;
    }
    one.hasBegun = true;
    begin();
    this.endLater(one);
  }

  beforeApplicationShutdown(): void {
    for (const one of this.open) this.end(one, 'stopping');
  }

  private take(scope: ProjectScope, stream: LiveStream): OpenStream {
    const max = this.config.values.LOG_STREAMS_MAX;
    if (this.open.size >= max) {
      const detail = `${max} streams are open, and no more are served at once (LOG_STREAMS_MAX)`;
      throw new OpsError('overloaded', 'OPS_LOG_STREAM_LIMIT', detail, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    const stop = new AbortController();
    const one = { scope, stream, stop, takenAtMs: performance.now(), hasBegun: false, sent: 0, lost: 0 };
    this.open.add(one);
    return one;
  }

  private release(one: OpenStream): void {
    this.open.delete(one);
    one.stop.abort();
  }

  private end(one: OpenStream, end: ServerEnd): void {
    this.release(one);
    if (one.hasBegun) one.stream.end(end);
  }

  private async send(
    one: OpenStream,
    { lines, lost }: LiveBatch,
    toText: (line: string) => string,
  ): Promise<void> {
    one.lost += lost;
    this.records.inc({ outcome: 'lost' }, lost);
    if (lost > 0) await one.stream.sendLost(lost);
    if (lines.length === 0) return;
    one.sent += lines.length;
    this.records.inc({ outcome: 'sent' }, lines.length);
    await one.stream.send(lines.map(toText));
  }

  /** A key that is revoked meanwhile ends with its stream: so none lasts for ever. */
  private endLater(one: OpenStream): void {
    const { stream, stop } = one;
    const heartbeat = setInterval(() => stream.beat(), HEARTBEAT_MS).unref();
    const longest = this.config.values.LOG_STREAM_MAX_MINUTES * MINUTE_MS;
    const timer = setTimeout(() => this.end(one, 'over'), longest).unref();
    const clear = () => {
      clearInterval(heartbeat);
      clearTimeout(timer);
    };
    stop.signal.addEventListener('abort', clear, { once: true });
    if (!stop.signal.aborted) return;
    clear();
    // The process was told to stop while the stream was on its way.
    stream.end('stopping');
  }

  private tellEnd({ scope, stream, takenAtMs, sent, lost }: OpenStream, reason: StreamEnd): void {
    this.ends.inc({ kind: stream.kind, reason });
    const ms = Math.round(performance.now() - takenAtMs);
    this.log.debug(
      { project_id: scope.projectId, kind: stream.kind, reason, sent, lost, ms },
      'stream ended',
    );
  }
}
