import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { OpsError } from '../../../libs/core/src/common/errors';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { ApiKeyGuard } from '../../../libs/http/src/api-key.guard';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import type { LiveStream, ServerEnd, StreamEnd } from './live-stream';

const SUBJECTS = ['logs', 'metrics'] as const;
const KINDS = ['sse', 'websocket'] as const;
const HEARTBEAT_MS = 10_000;
const MINUTE_MS = 60_000;
const RETRY_AFTER_SECONDS = 10;

export interface StreamRequest {
  readonly subject: (typeof SUBJECTS)[number];
  readonly scope: ProjectScope;
  readonly stream: LiveStream;
  /** What is logged at its end, as it is then. */
  readonly figures: Readonly<Record<string, number>>;
}

/** From the request until nothing is shown any more. */
interface OpenStream extends StreamRequest {
  readonly stop: AbortController;
  readonly takenAtMs: number;
  hasBegun: boolean;
}

/** The streams that are open, so that they are counted, bounded, and ended when the process stops. */
@Injectable()
export class OpenStreams implements BeforeApplicationShutdown {
  private readonly open = new Map<LiveStream, OpenStream>();
  private readonly ends;

  constructor(
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppLogger) private readonly log: AppLogger,
    @Inject(ApiKeyGuard) private readonly guard: ApiKeyGuard,
    @Inject(AppMetrics) metrics: AppMetrics,
  ) {
    metrics.gauge({
      name: 'opspilot_stream_connections',
      help: 'Streams of log records and of metrics that are open; LOG_STREAMS_MAX bounds all together',
      labels: ['subject', 'kind'],
      collect: (gauge) => {
        for (const subject of SUBJECTS) for (const kind of KINDS) gauge.set({ subject, kind }, 0);
        for (const { subject, stream } of this.open.values()) gauge.inc({ subject, kind: stream.kind });
      },
    });
    this.ends = metrics.counter({
      name: 'opspilot_stream_ends_total',
      help: 'Streams that ended: left by the client, over in time, stopping with the process, failed with what they show, revoked with their API key, unresponsive, or refused because the client sent what a stream does not take',
      labels: ['subject', 'kind', 'reason'],
    });
  }

  /**
   * Begins the stream when `prepare` has resolved. It is open until the client leaves, LOG_STREAM_MAX_MINUTES are over, its key is
   * revoked or the process stops; the signal aborts then. Errors, before anything is answered: OpsError `overloaded`, `invalid`, those of `prepare`.
   */
  async begin(request: StreamRequest, prepare: (signal: AbortSignal) => Promise<void>): Promise<AbortSignal> {
    const one = this.take(request);
    const { stream, stop } = one;
    stream.onEnd((end) => {
      this.release(one);
      if (one.hasBegun) this.tellEnd(one, end);
    });
    try {
      await prepare(stop.signal);
      stream.begin();
    } catch (error) {
      this.release(one);
      throw error;
    }
    one.hasBegun = true;
    this.endLater(one);
    return stop.signal;
  }

  end(stream: LiveStream, end: ServerEnd): void {
    const one = this.open.get(stream);
    if (one === undefined) return;
    this.release(one);
    if (one.hasBegun) stream.end(end);
  }

  beforeApplicationShutdown(): void {
    for (const stream of this.open.keys()) this.end(stream, 'stopping');
  }

  private take(request: StreamRequest): OpenStream {
    const max = this.config.values.LOG_STREAMS_MAX;
    if (this.open.size >= max) {
      const detail = `${max} streams are open, and no more are served at once (LOG_STREAMS_MAX)`;
      throw new OpsError('overloaded', 'OPS_LOG_STREAM_LIMIT', detail, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    const stop = new AbortController();
    const one = { ...request, stop, takenAtMs: performance.now(), hasBegun: false };
    this.open.set(request.stream, one);
    return one;
  }

  private release({ stream, stop }: OpenStream): void {
    this.open.delete(stream);
    stop.abort();
  }

  private endLater({ stream, stop }: OpenStream): void {
    const heartbeat = setInterval(() => {
      stream.beat();
      void this.endRevoked(stream);
    }, HEARTBEAT_MS).unref();
    const longest = this.config.values.LOG_STREAM_MAX_MINUTES * MINUTE_MS;
    const timer = setTimeout(() => this.end(stream, 'over'), longest).unref();
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

  private async endRevoked(stream: LiveStream): Promise<void> {
    // While nobody can be asked, streams go on as they are: the next beat asks again.
    const isRevoked = await this.guard.isRevoked(stream.request).catch(() => false);
    if (isRevoked) this.end(stream, 'revoked');
  }

  private tellEnd({ subject, scope, stream, takenAtMs, figures }: OpenStream, reason: StreamEnd): void {
    const { kind } = stream;
    this.ends.inc({ subject, kind, reason });
    const ms = Math.round(performance.now() - takenAtMs);
    this.log.debug({ project_id: scope.projectId, subject, kind, reason, ms, ...figures }, 'stream ended');
  }
}
