import { open } from 'node:fs/promises';
import { type LogTemplate, TemplateMiner } from '../../../../libs/analysis/src/mine-templates';
import { type ReadOptions, sendLogs } from '../send-logs';
import { LogInputError, unreadable } from '../log-reader/log-input';
import { readCsv } from './read-csv';
import { TimeBuckets } from './time-buckets';

export interface MinedTemplate extends LogTemplate {
  /** Most frequent first, as the lines wrote them. */
  readonly levels: readonly (readonly [level: string, count: number])[];
  /** Over the time of the file; empty where lines tell none. */
  readonly trend: readonly number[];
}

export interface MinedFile {
  readonly messages: number;
  readonly templates: readonly MinedTemplate[];
  readonly range: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** For each message in order: its line, and the id of its template after the last one. Only where asked for. */
  readonly assignments: readonly (readonly [line: string, templateId: string])[];
}

export interface MineOptions extends Omit<ReadOptions, 'onProgress' | 'service'> {
  readonly hasAssignments: boolean;
}

/** Lines of a CSV file may be counted by this column; where it is missing, from 1. */
const LINE_COLUMN = 'LineId';
const MESSAGE_COLUMNS = ['Content', 'message', 'Message', 'msg'];
const HEAD_BYTES = 4096;

/**
 * Mines the templates of one file: a CSV with a column Content (or message), or a log of any format that `opspilot send` reads.
 * Errors: LogInputError where the file cannot be read.
 */
export async function mineFile(file: string, options: MineOptions): Promise<MinedFile> {
  const collector = new Collector(options.hasAssignments);
  const column = await messageColumnOf(file);
  if (column === undefined) await collectLog(file, collector, options);
  else
    (await readCsv(file)).forEach((row, index) =>
      collector.add(row[column] ?? '', row[LINE_COLUMN] ?? String(index + 1)),
    );
  return collector.finish();
}

async function collectLog(file: string, collector: Collector, options: MineOptions): Promise<void> {
  const sink = {
    add: (record: {
      message: string;
      lineNumber: number;
      timestamp: string | undefined;
      level: string | undefined;
    }) => collector.add(record.message, String(record.lineNumber), record.timestamp, record.level),
    flush: () => undefined,
    ready: () => Promise.resolve(),
    failure: undefined,
  };
  const summary = await sendLogs(file, sink, { ...options, service: undefined, onProgress: () => undefined });
  if (summary.problem !== undefined) throw new LogInputError(summary.problem);
}

/** Undefined where the file is no CSV with messages. */
async function messageColumnOf(file: string): Promise<string | undefined> {
  if (!/\.csv(?:\.gz)?$/i.test(file)) return undefined;
  const names = file.endsWith('.gz') ? Object.keys((await readCsv(file))[0] ?? {}) : await headerOf(file);
  return MESSAGE_COLUMNS.find((name) => names.includes(name));
}

async function headerOf(file: string): Promise<readonly string[]> {
  const head = (await readHead(file).catch((error: unknown) => Promise.reject(unreadable(file, error))))
    .toString('utf8')
    .replace(/^\ufeff/, '');
  return (head.split(/\r?\n/, 1)[0] ?? '').split(',').map((name) => name.replace(/^"(.*)"$/, '$1'));
}

async function readHead(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

class Collector {
  private readonly miner = new TemplateMiner();
  private readonly buckets = new TimeBuckets();
  private readonly levels = new Map<string, Map<string, number>>();
  private readonly notes: (readonly [line: string, id: string])[] = [];

  constructor(private readonly hasAssignments: boolean) {}

  add(message: string, line: string, timestamp?: string, level?: string): void {
    const id = this.miner.note(message);
    if (this.hasAssignments) this.notes.push([line, id]);
    if (timestamp !== undefined) this.buckets.add(id, Date.parse(timestamp));
    if (level === undefined) return;
    let levels = this.levels.get(id);
    if (levels === undefined) this.levels.set(id, (levels = new Map()));
    levels.set(level, (levels.get(level) ?? 0) + 1);
  }

  finish(): MinedFile {
    const levels = this.byTemplate(this.levels.keys());
    const times = this.byTemplate(this.buckets.keys());
    return {
      messages: this.miner.count,
      templates: this.miner.templates().map((template) => ({
        ...template,
        levels: this.sumLevels(levels.get(template.id) ?? []),
        trend: this.buckets.sum(times.get(template.id) ?? []),
      })),
      range: this.buckets.range,
      assignments: this.notes.map(([line, id]) => [line, this.miner.resolve(id) ?? id] as const),
    };
  }

  private byTemplate(ids: Iterable<string>): ReadonlyMap<string, readonly string[]> {
    const byTemplate = new Map<string, string[]>();
    for (const id of ids) {
      const template = this.miner.resolve(id) ?? id;
      const known = byTemplate.get(template);
      if (known === undefined) byTemplate.set(template, [id]);
      else known.push(id);
    }
    return byTemplate;
  }

  private sumLevels(ids: readonly string[]): readonly (readonly [level: string, count: number])[] {
    const sum = new Map<string, number>();
    for (const id of ids)
      for (const [level, count] of this.levels.get(id) ?? []) sum.set(level, (sum.get(level) ?? 0) + count);
    return [...sum].sort((one, other) => other[1] - one[1]);
  }
}
