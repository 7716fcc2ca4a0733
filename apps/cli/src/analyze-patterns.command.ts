import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../../../libs/config/src/load-config';
import { systemClock } from '../../../libs/core/src/common/clock';
import { labelPattern } from '../../../libs/analysis/src/label-pattern';
import { OPERATIONAL_LABELS } from '../../../libs/analysis/src/operational-labels';
import { TEMPLATE_ALGORITHM } from '../../../libs/analysis/src/mine-templates';
import { findLogFiles, type LogFile } from './analyze/find-log-files';
import { type MinedFile, mineFile } from './analyze/mine-file';
import { toPatternCsv } from './analyze/pattern-csv';
import { toPatternTable } from './analyze/pattern-table';
import { UsageError } from './connection';
import { LogInputError, unreadable } from './log-reader/log-input';
import { parseTimeZone, type TimeZone } from './log-reader/time-zone';

interface PatternsOptions {
  readonly in?: string;
  readonly out?: string;
  readonly top: number;
  readonly timezone?: TimeZone;
  readonly text?: true;
  readonly json?: true;
}

const DEFAULT_TOP = 20;
const DEFAULT_WIDTH = 160;

const HELP = `
Reads a log of any format that "opspilot send" knows, or a CSV file with columns LineId, Content. Says which messages are the same but for
their values: how often each occurs, when, at what level, what trouble it may be a sign of, and what its values are like.

With --out, each message's pattern goes to a CSV file (LineId, ClusterId, Template); a folder is mirrored, DATA/shop/input.csv to OUT/shop.csv.

Exit codes: 0 every file was read, 1 one could not be, 2 wrong usage.

Examples:
  opspilot analyze patterns /var/log/syslog
  kubectl logs deploy/shop | opspilot analyze patterns -
  opspilot analyze patterns --in DATA --out OUT`;

/** Adds `patterns` to the command `analyze`. */
export function addAnalyzePatternsCommand(analyze: Command): void {
  analyze
    .command('patterns')
    .description('which messages of a log are the same but for their values')
    .argument('[file]', 'log file or folder; - is standard input')
    .option('--in <path>', 'the same as the argument')
    .option('--out <path>', 'write the pattern of each message to a CSV file, or to a folder')
    .option('--top <count>', 'patterns to show', toCount, DEFAULT_TOP)
    .option(
      '--timezone <zone>',
      'of times that name none: UTC, +02:00 or a name such as Europe/Berlin',
      toZone,
    )
    .option('--text', 'read a file as text even if it looks binary')
    .option('--json', 'print the patterns as JSON, one line per file')
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, options: PatternsOptions) => {
      const input = options.in ?? file;
      if (input === undefined) throw new UsageError('name a log file or folder, or - for standard input');
      process.exitCode = await analyzePatterns(input, options);
    });
}

/** 0 where every file could be read, 1 otherwise. */
async function analyzePatterns(input: string, options: PatternsOptions): Promise<number> {
  const files = await findLogFiles(input).catch((error: unknown) => {
    throw new UsageError(unreadable(input, error).message);
  });
  if (files.length === 0) throw new UsageError(`there is no file in ${input}`);
  let hasFailed = false;
  for (const file of files) {
    try {
      await report(file, await mine(file, options), files.length > 1, options);
    } catch (error) {
      if (!(error instanceof LogInputError)) throw error;
      process.stderr.write(`${error.message}\n`);
      hasFailed = true;
    }
  }
  return hasFailed ? 1 : 0;
}

function mine(file: LogFile, options: PatternsOptions): Promise<MinedFile> {
  return mineFile(file.file, {
    hasAssignments: options.out !== undefined,
    zone: options.timezone ?? (() => 0),
    firstYear: undefined,
    maxMessageBytes: loadConfig().INGEST_MAX_MESSAGE_BYTES,
    isTextAssured: options.text === true,
    clock: systemClock,
    signal: new AbortController().signal,
  });
}

async function report(
  file: LogFile,
  mined: MinedFile,
  isOneOfMany: boolean,
  options: PatternsOptions,
): Promise<void> {
  if (options.out !== undefined) {
    const target = await targetOf(options.out, file, isOneOfMany);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, toPatternCsv(mined));
    process.stderr.write(`${target}: ${mined.messages} messages, ${mined.templates.length} patterns\n`);
  } else if (options.json === true) process.stdout.write(`${JSON.stringify(toJson(file, mined))}\n`);
  else {
    const width = process.stdout.columns ?? DEFAULT_WIDTH;
    process.stdout.write(
      `${isOneOfMany ? `== ${file.file}\n` : ''}${toPatternTable(mined, { top: options.top, width })}`,
    );
  }
}

/** `--out` is the file where it ends in .csv, else a folder. */
async function targetOf(out: string, file: LogFile, isOneOfMany: boolean): Promise<string> {
  const isFolder = await stat(out).then(
    (info) => info.isDirectory(),
    () => isOneOfMany || !out.toLowerCase().endsWith('.csv'),
  );
  return isFolder ? path.join(out, `${file.result}.csv`) : out;
}

function toJson(file: LogFile, mined: MinedFile): unknown {
  return {
    file: file.file,
    algorithm: `${TEMPLATE_ALGORITHM.name} ${TEMPLATE_ALGORITHM.version}`,
    messages: mined.messages,
    patterns: mined.templates.map(({ levels, ...template }) => ({
      ...template,
      levels: Object.fromEntries(levels),
      labels: labelPattern(template, OPERATIONAL_LABELS),
    })),
  };
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('is no whole number from 1');
  return count;
}

function toZone(text: string): TimeZone {
  const zone = parseTimeZone(text);
  if (zone === undefined) throw new InvalidArgumentError('is no time zone');
  return zone;
}
