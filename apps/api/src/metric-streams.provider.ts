import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Slots } from '../../../libs/core/src/common/slots';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import type { LiveStream } from './live-stream';
import { OpenStreams } from './open-streams.provider';

/** What is shown once a second. Sources with the same key show the same, and are read once for all their streams. */
export interface MetricSource {
  readonly key: string;
  read(): Promise<object>;
}

interface Reader {
  readonly stream: LiveStream;
  readonly figures: { sent: number; missed: number };
  isBusy: boolean;
}

const EVERY_MS = 1000;
/** Streams may not take the store's connections from those who ask. */
const READS_AT_ONCE = 2;

/** Shows metrics once a second, and to a client that is slower what is newest when it is ready. */
@Injectable()
export class MetricStreams {
  private readonly readers = new Map<string, Set<Reader>>();
  private readonly slots: Slots;

  constructor(
    private readonly streams: OpenStreams,
    @Inject(AppLogger) private readonly log: AppLogger,
    @Inject(AppConfig) config: AppConfig,
  ) {
    // Each open stream has at most one read that waits, and so has each that begins.
    this.slots = new Slots(READS_AT_ONCE, 2 * config.values.LOG_STREAMS_MAX);
  }

  /** Errors, before anything is sent: OpsError `overloaded`, `invalid`, those of the source. */
  async serve(scope: ProjectScope, source: MetricSource, stream: LiveStream): Promise<void> {
    const reader = { stream, figures: { sent: 0, missed: 0 }, isBusy: false };
    let text = '';
    const request = { subject: 'metrics', scope, stream, figures: reader.figures } as const;
    const signal = await this.streams.begin(request, async () => {
      text = await this.read(source);
    });
    void this.show(reader, text);
    if (!signal.aborted) this.join(source, reader, signal);
  }

  private join(source: MetricSource, reader: Reader, signal: AbortSignal): void {
    const others = this.readers.get(source.key);
    const readers = others ?? new Set();
    readers.add(reader);
    signal.addEventListener('abort', () => readers.delete(reader), { once: true });
    if (others !== undefined) return;
    this.readers.set(source.key, readers);
    void this.showAll(source, readers);
  }

  private async showAll(source: MetricSource, readers: ReadonlySet<Reader>): Promise<void> {
    try {
      for (let nextMs = performance.now(); readers.size > 0;) {
        nextMs = Math.max(nextMs + EVERY_MS, performance.now());
        await wait(nextMs - performance.now(), undefined, { ref: false });
        if (readers.size === 0) break;
        const text = await this.read(source);
        for (const reader of readers) void this.show(reader, text);
      }
    } catch (error) {
      // Whoever has left meanwhile, as all do when the process stops, misses nothing.
      if (readers.size > 0) this.log.warn({ err: error }, 'metrics could not be read for those who watch');
      for (const { stream } of readers) this.streams.end(stream, 'failed');
    } finally {
      this.readers.delete(source.key);
    }
  }

  private read(source: MetricSource): Promise<string> {
    return this.slots.run(async () => JSON.stringify(await source.read()));
  }

  private async show(reader: Reader, text: string): Promise<void> {
    if (reader.isBusy) {
      reader.figures.missed += 1;
      return;
    }
    reader.isBusy = true;
    try {
      await reader.stream.send([text]);
      reader.figures.sent += 1;
    } catch {
      // The client is gone, which OpenStreams hears and tells.
    } finally {
      reader.isBusy = false;
    }
  }
}
