import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../../../libs/core/src/common/clock';
import { loadConfig } from '../../../libs/config/src/load-config';
import { findConnection } from './connection';
import { DryRunSink } from './log-sender/dry-run-sink';
import { LogSender } from './log-sender/log-sender';
import { postTo } from './log-sender/post-batch';
import { SendProgress } from './log-sender/send-progress';
import {
  isComplete,
  printable,
  type FileSummary,
  type RunSummary,
  toSummaryJson,
  toSummaryText,
} from './log-sender/send-summary';
import { parseTimeZone, type TimeZone } from './log-reader/time-zone';
import { type ReadOptions, type RecordSink, sendLogs } from './send-logs';

interface SendOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly service?: string;
  readonly timezone: { readonly name: string; readonly zone: TimeZone };
  readonly year?: number;
  readonly retries: number;
  readonly batchRecords: number;
  readonly concurrency: number;
  readonly dryRun?: true;
  readonly text?: true;
  readonly json?: true;
  readonly quiet?: true;
}

const MAX_BATCH_BYTES = 1_000_000;

const HELP = `
The format of each file is recognised from its lines: syslog (RFC 3164 and 5424), JSON lines, logfmt, Apache and nginx access and
error logs, log4j, logback, Python and the like, Hadoop, Spark, ZooKeeper, OpenStack, BGL, logcat, klog, CRI, docker, or any
other line with a time. Stack traces and other lines without a header are joined to the record before them. Whatever fits nothing is
sent as plain records with the time of arrival. Files may be gzip, UTF-8 or UTF-16.

Exit codes: 0 everything was accepted, 1 something was rejected, not sent or not readable, 2 wrong usage.

Examples:
  opspilot send /var/log/syslog /var/log/nginx/*.log
  journalctl -f -o short-iso | opspilot send - --service host
  opspilot send app.log --timezone Europe/Berlin --json
  opspilot send unknown.log --dry-run | head`;

export function addSendCommand(program: Command): void {
  program
    .command('send')
    .description('send log files, or standard input, to OpsPilot')
    .argument('<files...>', 'log files; - is standard input')
    .option(
      '--url <url>',
      'where OpsPilot is (default: OPSPILOT_URL, else the one that npm start has started)',
    )
    .option(
      '--api-key <key>',
      'API key that may ingest (default: OPSPILOT_API_KEY, else the one of npm start)',
    )
    .option(
      '--service <name>',
      'service of all records (default: what the line names, else the base name of the file)',
    )
    .addOption(
      new Option('--timezone <zone>', 'of times that name none: UTC, +02:00 or a name such as Europe/Berlin')
        .argParser(toZone)
        .default(toZone('UTC'), 'UTC'),
    )
    .option(
      '--year <year>',
      'of the first line, where lines name no year (default: so that the last line is not in the future)',
      toYear,
    )
    .option(
      '--retries <count>',
      'further attempts for a batch that the server did not take',
      toCount(0, 1000),
      10,
    )
    .option('--batch-records <count>', 'most records in one request', toCount(1, 5000), 2000)
    .option('--concurrency <count>', 'requests under way at once', toCount(1, 16), 3)
    .option('--dry-run', 'print the records as NDJSON and send nothing')
    .option('--text', 'read a file as text even if it looks binary')
    .option('--json', 'print the summary as one JSON object on standard output')
    .option('--quiet', 'no progress')
    .addHelpText('after', HELP)
    .action(async (files: string[], options: SendOptions) => {
      process.exitCode = await runSend(files, options);
    });
}

async function runSend(files: readonly string[], options: SendOptions): Promise<number> {
  const startedAtMs = systemClock.now();
  const interrupt = new AbortController();
  const dryRun = options.dryRun === true ? new DryRunSink(process.stdout) : undefined;
  const progress = new SendProgress(process.stderr, systemClock);
  const say = (line: string): void => {
    progress.clear();
    process.stderr.write(`${line}\n`);
  };
  const sender = dryRun === undefined ? await createSender(options, say) : undefined;
  const sink: RecordSink | undefined = dryRun ?? sender;
  if (sink === undefined) throw new Error('there is no sink');
  const release = onInterrupt(interrupt, sender, say);
  const summaries = await readAll(files, sink, {
    service: options.service,
    zone: options.timezone.zone,
    firstYear: options.year,
    maxMessageBytes: loadConfig().INGEST_MAX_MESSAGE_BYTES,
    isTextAssured: options.text === true,
    clock: systemClock,
    signal: interrupt.signal,
    onProgress: (input, lines) => {
      const { accepted, retries } = sender?.counts ?? { accepted: 0, retries: 0 };
      const state = {
        name: input.name,
        lines,
        accepted,
        retries,
        bytesRead: input.bytesRead(),
        sizeBytes: input.sizeBytes,
      };
      if (options.quiet !== true && sender !== undefined) progress.show(state);
    },
  });
  await sender?.close();
  release();
  progress.clear();
  const run: RunSummary = {
    files: summaries,
    sent: sender?.counts ?? { accepted: 0, rejected: 0, notSent: 0, batches: 0, retries: 0 },
    rejections: sender?.rejections ?? [],
    failure: sender?.failure,
    isDryRun: dryRun !== undefined,
    isInterrupted: interrupt.signal.aborted,
    seconds: (systemClock.now() - startedAtMs) / 1000,
    timezone: options.timezone.name,
  };
  report(run, options);
  return isComplete(run) ? 0 : 1;
}

async function createSender(options: SendOptions, say: (line: string) => void): Promise<LogSender> {
  const target = await findConnection(options);
  return new LogSender({
    post: postTo(target),
    runId: randomUUID(),
    limits: { maxRecords: options.batchRecords, maxBytes: MAX_BATCH_BYTES },
    concurrency: options.concurrency,
    maxRetries: options.retries,
    // Without this, a server that is not there would look like a command that hangs.
    onFirstRetry: (reason) =>
      say(
        `${target.url} takes nothing now (${printable(reason)}): trying again, up to ${options.retries} times`,
      ),
  });
}

/** One after the other, so that progress and memory are those of one file. */
async function readAll(
  files: readonly string[],
  sink: RecordSink,
  options: ReadOptions,
): Promise<FileSummary[]> {
  const summaries: FileSummary[] = [];
  for (const file of files) {
    if (options.signal.aborted || sink.failure !== undefined) break;
    summaries.push(await sendLogs(file, sink, options));
  }
  return summaries;
}

/** The first Ctrl-C stops reading and waits for what is under way; the second gives that up too. */
function onInterrupt(
  interrupt: AbortController,
  sender: LogSender | undefined,
  say: (line: string) => void,
): () => void {
  const handle = (): void => {
    if (interrupt.signal.aborted) return sender?.abort('interrupted');
    interrupt.abort();
    if (sender !== undefined) say('waiting for what is under way; Ctrl-C again gives up');
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  };
}

function report(run: RunSummary, options: SendOptions): void {
  if (options.json === true && options.dryRun !== true)
    process.stdout.write(`${JSON.stringify(toSummaryJson(run))}\n`);
  else process.stderr.write(`${toSummaryText(run)}\n`);
}

function toZone(name: string): { name: string; zone: TimeZone } {
  const zone = parseTimeZone(name);
  if (zone === undefined)
    throw new InvalidArgumentError(
      'it must be UTC, an offset such as +02:00, or a name such as Europe/Berlin',
    );
  return { name, zone };
}

function toYear(text: string): number {
  return toCount(1970, 2200)(text);
}

function toCount(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`it must be a whole number from ${min} to ${max}`);
    return value;
  };
}
