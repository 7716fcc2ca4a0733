import path from 'node:path';
import type { Clock } from '../../../libs/core/src/common/clock';
import { findLastTime } from './log-reader/find-last-time';
import { LineClock } from './log-reader/line-clock';
import { LineSplitter } from './log-reader/line-splitter';
import { type LogInput, LogInputError, openLogInput } from './log-reader/log-input';
import { LogReader } from './log-reader/log-reader';
import type { SourceRecord } from './log-reader/source-record';
import type { TimeZone } from './log-reader/time-zone';
import type { FileSummary } from './log-sender/send-summary';

/** Where records go: to OpsPilot, or to standard output in a dry run. */
export interface RecordSink {
  add(record: SourceRecord, place: string): void;
  /** Sends what has been gathered. */
  flush(): void;
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
  /** Nothing more will be taken. */
  readonly failure: string | undefined;
}

export interface ReadOptions {
  readonly service: string | undefined;
  readonly zone: TimeZone;
  readonly firstYear: number | undefined;
  readonly maxMessageBytes: number;
  readonly isTextAssured: boolean;
  readonly clock: Clock;
  /** Aborts when the person interrupts. */
  readonly signal: AbortSignal;
  readonly onProgress: (input: LogInput, lines: number) => void;
}

/** Lines beyond this are read in pieces, which bounds memory. */
const MAX_LINE_BYTES = 1024 * 1024;
/** A live source that is silent for so long has said all there is for now. */
const IDLE_FLUSH_MS = 1000;

/** Reads one file (or `-`) from end to end into the sink. Problems with the file are in the summary; a file never stops the others. */
export async function sendLogs(file: string, sink: RecordSink, options: ReadOptions): Promise<FileSummary> {
  const lastTime = file === '-' ? undefined : await findLastTime(file).catch(() => undefined);
  const clock = new LineClock({
    nowMs: options.clock.now(),
    zone: options.zone,
    lastTime,
    firstYear: options.firstYear,
  });
  const name = file === '-' ? 'standard input' : file;
  const reader = new LogReader({
    clock,
    service: options.service ?? serviceNameOf(file),
    isServiceFixed: options.service !== undefined,
    maxMessageBytes: options.maxMessageBytes,
    onRecord: (record) => sink.add(record, `${name}:${record.lineNumber}`),
  });
  const summary = (problem?: string): FileSummary => ({
    name,
    read: reader.counts,
    problem,
    hasGuessedZone: clock.hasGuessedZone,
    hasGuessedYear: clock.hasGuessedYear,
  });
  try {
    const input = await openLogInput(file, options.isTextAssured);
    await readThrough(input, reader, sink, options);
    return summary();
  } catch (error) {
    if (!(error instanceof LogInputError)) throw error;
    reader.flush();
    return summary(error.message);
  }
}

async function readThrough(
  input: LogInput,
  reader: LogReader,
  sink: RecordSink,
  options: ReadOptions,
): Promise<void> {
  const splitter = new LineSplitter(MAX_LINE_BYTES, (line) => reader.push(line));
  const stop = (): void => input.stop();
  options.signal.addEventListener('abort', stop, { once: true });
  const idle = input.sizeBytes === undefined ? setInterval(() => flushIdle(), IDLE_FLUSH_MS) : undefined;
  let hasNews = false;
  const flushIdle = (): void => {
    if (!hasNews) {
      reader.flush();
      sink.flush();
    }
    hasNews = false;
  };
  try {
    for await (const chunk of input.chunks) {
      hasNews = true;
      splitter.push(chunk);
      options.onProgress(input, reader.counts.lines);
      await sink.ready();
      if (sink.failure !== undefined || options.signal.aborted) break;
    }
  } finally {
    clearInterval(idle);
    options.signal.removeEventListener('abort', stop);
    input.stop();
  }
  if (!options.signal.aborted) splitter.end();
  reader.flush();
}

/** `/var/log/app-2024-01-02.log.1.gz` to `app`: the base name without what rotation and packing add. */
function serviceNameOf(file: string): string {
  if (file === '-') return 'stdin';
  const base = path.basename(file);
  const name = base
    .replace(/\.(?:gz|txt|out|json|jsonl|ndjson)$/i, '')
    .replace(/(?:[.-]\d{1,3})$/, '')
    .replace(/\.(?:log|txt|out|json|jsonl|ndjson)$/i, '')
    .replace(/[.-]?\d{4}-?\d{2}-?\d{2}$/, '')
    .replace(/\.log$/i, '');
  return name === '' ? base : name;
}
