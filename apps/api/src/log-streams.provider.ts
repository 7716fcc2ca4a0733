import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { OpsError } from '../../../libs/core/src/common/errors';
import { type LiveBatch, LiveFeed, type LiveFilter } from '../../../libs/core/src/logs/live-feed.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { EventStream, type ServerSentEvent } from './event-stream';

const HEARTBEAT_MS = 10_000;
const MINUTE_MS = 60_000;
const RETRY_AFTER_SECONDS = 10;

/** The streams of log records that are open, so that they are counted, bounded, and ended when the process stops. */
@Injectable()
export class LogStreams implements BeforeApplicationShutdown {
  private readonly open = new Set<AbortController>();
  private readonly records;

  constructor(
    @Inject(LiveFeed) private readonly live: LiveFeed,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppMetrics) metrics: AppMetrics,
  ) {
    metrics.gauge({
      name: 'opspilot_log_stream_connections',
      help: 'Streams of log records that are open; LOG_STREAMS_MAX bounds them',
      collect: (gauge) => gauge.set(this.open.size),
    });
    this.records = metrics.counter({
      name: 'opspilot_log_stream_records_total',
      help: 'Records for open streams: sent, or lost because somebody on the way was too slow',
      labels: ['outcome'],
    });
  }

  /**
   * Answers with records as they come, each as `toEvent` makes it, until the client leaves, LOG_STREAM_MAX_MINUTES are over
   * or the process stops. Errors, before anything is sent: OpsError `overloaded`, `unavailable`.
   */
  async serve(
    scope: ProjectScope,
    filter: LiveFilter,
    reply: FastifyReply,
    toEvent: (line: string) => ServerSentEvent,
  ): Promise<void> {
    const stop = this.take();
    const stream = new EventStream(reply.raw);
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    stream.onEnd(() => this.release(stop));
    const onBatch = async (batch: LiveBatch) => {
      await begun;
      await this.send(stream, batch, toEvent);
    };
    try {
      await this.live.subscribe(scope, filter, onBatch, stop.signal);
    } catch (error) {
      this.release(stop);
      throw error;
    }
    reply.hijack();
    stream.begin({ 'x-request-id': reply.request.id });
    begin();
    this.endLater(stream, stop);
  }

  beforeApplicationShutdown(): void {
    for (const stop of this.open) this.release(stop);
  }

  private take(): AbortController {
    const max = this.config.values.LOG_STREAMS_MAX;
    if (this.open.size >= max) {
      const detail = `${max} streams are open, and no more are served at once (LOG_STREAMS_MAX)`;
      throw new OpsError('overloaded', 'OPS_LOG_STREAM_LIMIT', detail, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    const stop = new AbortController();
    this.open.add(stop);
    return stop;
  }

  private release(stop: AbortController): void {
    this.open.delete(stop);
    stop.abort();
  }

  private async send(
    stream: EventStream,
    { lines, lost }: LiveBatch,
    toEvent: (line: string) => ServerSentEvent,
  ): Promise<void> {
    const events = lines.map(toEvent);
    if (lost > 0) events.unshift({ event: 'lost', data: JSON.stringify({ lost }) });
    this.records.inc({ outcome: 'lost' }, lost);
    this.records.inc({ outcome: 'sent' }, lines.length);
    await stream.send(events);
  }

  /** A key that is revoked meanwhile ends with its stream: so none lasts for ever. */
  private endLater(stream: EventStream, stop: AbortController): void {
    const heartbeat = setInterval(() => stream.beat(), HEARTBEAT_MS).unref();
    const longest = this.config.values.LOG_STREAM_MAX_MINUTES * MINUTE_MS;
    const timer = setTimeout(() => this.release(stop), longest).unref();
    const end = () => {
      clearInterval(heartbeat);
      clearTimeout(timer);
      stream.end();
    };
    stop.signal.addEventListener('abort', end, { once: true });
    if (stop.signal.aborted) end();
  }
}
