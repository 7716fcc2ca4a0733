import { Inject, Injectable } from '@nestjs/common';
import { type LiveBatch, LiveFeed, type LiveFilter } from '../../../libs/core/src/logs/live-feed.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { AppMetrics } from '../../../libs/observability/src/app-metrics';
import type { LiveStream } from './live-stream';
import { OpenStreams } from './open-streams.provider';

/** Shows log records as they come. */
@Injectable()
export class LogStreams {
  private readonly records;

  constructor(
    @Inject(LiveFeed) private readonly live: LiveFeed,
    private readonly streams: OpenStreams,
    @Inject(AppMetrics) metrics: AppMetrics,
  ) {
    this.records = metrics.counter({
      name: 'opspilot_log_stream_records_total',
      help: 'Records for open streams: sent, or lost because somebody on the way was too slow',
      labels: ['outcome'],
    });
  }

  /**
   * Answers with records as they come, each as `toText` makes it, until the stream ends: see OpenStreams. Errors, before anything is
   * sent: OpsError `overloaded`, `unavailable`, `invalid`.
   */
  async serve(
    scope: ProjectScope,
    filter: LiveFilter,
    stream: LiveStream,
    toText: (line: string) => string,
  ): Promise<void> {
    const figures = { sent: 0, lost: 0 };
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const onBatch = async ({ lines, lost }: LiveBatch) => {
      await begun;
      figures.lost += lost;
      figures.sent += lines.length;
      this.records.inc({ outcome: 'lost' }, lost);
      this.records.inc({ outcome: 'sent' }, lines.length);
      if (lost > 0) await stream.sendLost(lost);
      if (lines.length > 0) await stream.send(lines.map(toText));
    };
    await this.streams.begin({ subject: 'logs', scope, stream, figures }, (signal) =>
      this.live.subscribe(scope, filter, onBatch, signal),
    );
    begin();
  }
}
