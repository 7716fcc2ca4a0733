import type { ReadCounts } from '../log-reader/source-record';
import type { Rejection, SendCounts } from './log-sender';

export interface FileSummary {
  readonly name: string;
  readonly read: ReadCounts;
  /** Why it was not read, or not to its end. */
  readonly problem: string | undefined;
  readonly hasGuessedZone: boolean;
  readonly hasGuessedYear: boolean;
}

export interface RunSummary {
  readonly files: readonly FileSummary[];
  readonly sent: SendCounts;
  readonly rejections: readonly Rejection[];
  readonly failure: string | undefined;
  readonly isInterrupted: boolean;
  readonly seconds: number;
  readonly isDryRun: boolean;
  /** As it was named, or UTC. */
  readonly timezone: string;
}

type Total = 'lines' | 'records' | 'joined' | 'blank' | 'pieces' | 'undecodable';

function total(files: readonly FileSummary[], field: Total): number {
  return files.reduce((sum, file) => sum + file.read[field], 0);
}

/** Everything was read and accepted. */
export function isComplete(run: RunSummary): boolean {
  const hasProblem =
    run.isInterrupted || run.failure !== undefined || run.files.some((file) => file.problem !== undefined);
  return !hasProblem && run.sent.rejected === 0 && run.sent.notSent === 0;
}

/** For scripts: the one JSON object of --json. */
export function toSummaryJson(run: RunSummary): object {
  const { accepted, rejected, notSent, batches, retries } = run.sent;
  return {
    complete: isComplete(run),
    lines: total(run.files, 'lines'),
    records: total(run.files, 'records'),
    joined: total(run.files, 'joined'),
    blank: total(run.files, 'blank'),
    pieces: total(run.files, 'pieces'),
    undecodable: total(run.files, 'undecodable'),
    accepted,
    rejected,
    not_sent: notSent,
    batches,
    retries,
    seconds: run.seconds,
    timezone: run.timezone,
    ...(run.failure !== undefined && { failure: run.failure }),
    interrupted: run.isInterrupted,
    rejections: run.rejections,
    files: run.files.map((file) => ({
      file: file.name,
      lines: file.read.lines,
      records: file.read.records,
      joined: file.read.joined,
      blank: file.read.blank,
      pieces: file.read.pieces,
      formats: Object.fromEntries(file.read.byFormat),
      ...(file.problem !== undefined && { problem: file.problem }),
    })),
  };
}

/** For people. */
export function toSummaryText(run: RunSummary): string {
  const { sent, files } = run;
  const lines = [
    ...files.flatMap(fileLines),
    run.isDryRun ? 'dry run: nothing was sent' : sentLine(run),
    ...notes(run),
    ...run.rejections.map(({ place, reason }) => `  rejected: ${printable(place)}: ${printable(reason)}`),
    ...(sent.rejected > run.rejections.length
      ? [`  … ${sent.rejected - run.rejections.length} more rejected`]
      : []),
    ...(run.failure === undefined ? [] : [`gave up: ${printable(run.failure)}`]),
    ...(run.isInterrupted ? ['interrupted: the rest was not read'] : []),
  ];
  return lines.join('\n');
}

function sentLine({ sent, seconds }: RunSummary): string {
  const fate = `${sent.accepted} accepted, ${sent.rejected} rejected, ${sent.notSent} not sent`;
  const effort = `${plural(sent.batches, 'batch', 'batches')}, ${plural(sent.retries, 'retry', 'retries')}`;
  return `${fate}; ${effort}, ${seconds.toFixed(1)} s`;
}

function fileLines(file: FileSummary): string[] {
  const { read } = file;
  const formats = [...read.byFormat].map(([name, count]) => `${name} ${count}`).join(', ');
  const counts = `${plural(read.lines, 'line', 'lines')} = ${plural(read.records - read.pieces, 'record', 'records')} + ${read.joined} joined + ${read.blank} blank`;
  const pieces =
    read.pieces > 0
      ? `; ${plural(read.pieces, 'further record', 'further records')} from lines too long for one`
      : '';
  return [
    `${printable(file.name)}: ${counts}${pieces}${formats === '' ? '' : ` (${formats})`}`,
    ...(file.problem === undefined ? [] : [`  ${printable(file.problem)}`]),
  ];
}

function notes(run: RunSummary): string[] {
  const undecodable = total(run.files, 'undecodable');
  return [
    ...(run.files.some((file) => file.hasGuessedZone)
      ? [`  times without a zone were read as ${run.timezone} (--timezone)`]
      : []),
    ...(run.files.some((file) => file.hasGuessedYear)
      ? ['  times without a year were put in the latest year that is not in the future (--year)']
      : []),
    ...(undecodable > 0
      ? [`  ${plural(undecodable, 'line has', 'lines have')} bytes that are not UTF-8, each now U+FFFD`]
      : []),
  ];
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** What a server or a file says must not steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, '\uFFFD');
}
