import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PointJudgement } from '../../../libs/analysis/src/anomalies/anomaly';
import {
  createDetector,
  DETECTOR_NAMES,
  type DetectorName,
} from '../../../libs/analysis/src/anomalies/create-detector';
import { judgePoints } from '../../../libs/analysis/src/anomalies/judge-points';
import { anomalyReport } from './analyze/anomaly-report';
import { type FoundSeriesFile, findSeriesFiles } from './analyze/find-series-files';
import { readSeries, type SeriesFile, SeriesFileError } from './analyze/read-series';
import { UsageError } from './connection';
import { LogInputError, unreadable } from './log-reader/log-input';

interface AnomaliesOptions {
  readonly in?: string;
  readonly out?: string;
  readonly method: DetectorName;
  readonly sigma?: number;
  readonly minDeviation?: number;
  readonly minRelativeDeviation?: number;
  readonly top: number;
  readonly json?: true;
}

const DEFAULT_TOP = 20;
const DEFAULT_WIDTH = 120;

const HELP = `
A series is a CSV file with columns timestamp, value (others are left alone; gzip is fine). Each point is judged by itself and those before it.
Without --out: the series with the band in which its values were expected, and each anomaly with the reason.
With --out: timestamp, value, anomaly_score (from 0.5 on an anomaly); a folder is mirrored.

Exit codes: 0 every series was read, 1 one could not be, 2 wrong usage.

Examples:
  opspilot analyze anomalies latency.csv
  opspilot analyze anomalies --in DATA --out SCORES
  opspilot analyze anomalies --method robust-z --min-relative-deviation 0.1 latency.csv`;

/** Adds `anomalies` to the command `analyze`. */
export function addAnalyzeAnomaliesCommand(analyze: Command): void {
  analyze
    .command('anomalies')
    .description('which values of a series are abnormal, and why')
    .argument('[file]', 'CSV file or folder')
    .option('--in <path>', 'the same as the argument')
    .option('--out <path>', 'write the score of each point to a CSV file, or to a folder')
    .addOption(
      new Option('--method <name>', 'how points are judged').choices(DETECTOR_NAMES).default('adaptive'),
    )
    .option('--sigma <number>', 'deviations that make an anomaly, for methods that count them', toPositive)
    .option(
      '--min-deviation <number>',
      'smaller departures are no anomalies, in units of the series',
      toPositive,
    )
    .option('--min-relative-deviation <share>', 'the same as a share of the expected value', toPositive)
    .option('--top <count>', 'anomalies to list', toPositive, DEFAULT_TOP)
    .option('--json', 'print the anomalies as JSON, one line per series')
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, options: AnomaliesOptions) => {
      const input = options.in ?? file;
      if (input === undefined) throw new UsageError('name a CSV file or a folder with such files');
      process.exitCode = await analyzeAnomalies(input, options);
    });
}

async function analyzeAnomalies(input: string, options: AnomaliesOptions): Promise<number> {
  const files = await findSeriesFiles(input).catch((error: unknown) => {
    throw new UsageError(unreadable(input, error).message);
  });
  if (files.length === 0) throw new UsageError(`there is no CSV file in ${input}`);
  let hasFailed = false;
  for (const found of files) {
    try {
      const series = await readSeries(found.file);
      const judgements = judgePoints(
        series.points,
        createDetector(options.method, toDetectorOptions(options)),
      );
      await report(found, series, judgements, files.length > 1, options);
    } catch (error) {
      if (!(error instanceof SeriesFileError) && !(error instanceof LogInputError)) throw error;
      process.stderr.write(`${error.message}\n`);
      hasFailed = true;
    }
  }
  return hasFailed ? 1 : 0;
}

async function report(
  found: FoundSeriesFile,
  series: SeriesFile,
  judgements: readonly PointJudgement[],
  isOneOfMany: boolean,
  options: AnomaliesOptions,
): Promise<void> {
  if (options.out !== undefined) {
    const target = await targetOf(options.out, found, isOneOfMany);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, toCsv(series, judgements));
  } else if (options.json === true) {
    const anomalies = judgements.filter(({ state }) => state === 'anomalous');
    process.stdout.write(`${JSON.stringify({ file: found.file, method: options.method, anomalies })}\n`);
  } else
    process.stdout.write(
      anomalyReport({
        name: found.relative,
        timestamps: series.timestamps,
        judgements,
        method: judgements[0]?.method ?? options.method,
        top: options.top,
        columns: process.stdout.columns ?? DEFAULT_WIDTH,
      }),
    );
}

function toCsv({ timestamps, values }: SeriesFile, judgements: readonly PointJudgement[]): string {
  const rows = judgements.map(
    ({ score }, index) => `${quoted(timestamps[index])},${quoted(values[index])},${Number(score.toFixed(9))}`,
  );
  return `timestamp,value,anomaly_score\n${rows.join('\n')}\n`;
}

function quoted(cell = ''): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

async function targetOf(out: string, found: FoundSeriesFile, isOneOfMany: boolean): Promise<string> {
  const isFolder = await stat(out).then(
    (info) => info.isDirectory(),
    () => isOneOfMany || !out.toLowerCase().endsWith('.csv'),
  );
  return isFolder ? path.join(out, found.relative) : out;
}

function toDetectorOptions({ sigma, minDeviation, minRelativeDeviation }: AnomaliesOptions) {
  return {
    ...(sigma !== undefined && { sigma }),
    ...(minDeviation !== undefined && { minDeviation }),
    ...(minRelativeDeviation !== undefined && { minRelativeDeviation }),
  };
}

function toPositive(text: string): number {
  const number = Number(text);
  if (!(number > 0) || !Number.isFinite(number)) throw new InvalidArgumentError('is no number above 0');
  return number;
}
