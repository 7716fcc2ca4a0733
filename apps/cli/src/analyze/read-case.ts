import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import type {
  CallSeriesInput,
  EdgeInput,
  RootCauseInput,
  SpanInput,
  TraceLogInput,
} from '../../../../libs/analysis/src/root-cause';
import { type CaseFile, caseFileSchema, topologyFileSchema } from './case-file.schema';
import { type CsvRow, readCsv } from './read-csv';
import { type Sampled, toSampled } from './to-sampled';

export interface RootCauseCase {
  readonly name: string;
  readonly candidates: readonly string[];
  readonly input: RootCauseInput;
}

/** Normal periods and references are shared by the cases of a folder, and large: each is read once. */
export type ReadOnce = Map<string, Promise<readonly CsvRow[]>>;

/** Reads the case whose case.json this is. Fails with the file's name where a file is missing or malformed. */
export async function readCase(file: string, shared: ReadOnce = new Map()): Promise<RootCauseCase> {
  const folder = path.dirname(file);
  const described = await readJson(file, caseFileSchema);
  const at = (name: string) => path.resolve(folder, name);
  const rows = async (name: string | undefined) => (name === undefined ? [] : readCsv(at(name)));
  const once = (name: string) => {
    const found = shared.get(name) ?? readCsv(name);
    shared.set(name, found);
    return found;
  };
  const [metrics, logs, traces, calls] = await Promise.all([
    rows(described.metrics),
    rows(described.logs),
    rows(described.traces),
    rows(described.edges),
  ]);
  const sampled = toSampled(
    metrics,
    described.normal === undefined ? [] : await once(at(described.normal)),
    described.anomaly_time * 1000,
  );
  const reference =
    described.reference === undefined ? undefined : await readReference(at(described.reference), once);
  const spans = traces.map(toSpan);
  const input: RootCauseInput = {
    ...windowsOf(sampled, spans),
    series: sampled.series,
    patterns: [],
    changes: [],
    alertedAtMs: sampled.alertMs,
    edges: described.topology === undefined ? [] : await readTopology(at(described.topology)),
    calls: toCalls(calls),
    spans,
    logs: logs.map(toLog),
    ...(reference === undefined ? {} : { reference }),
    ...(described.target === undefined ? {} : { symptom: toSymptom(described.target) }),
    ...(described.candidates === undefined ? {} : { candidates: described.candidates }),
  };
  return { name: described.case, candidates: described.candidates ?? [], input };
}

function toSymptom(target: NonNullable<CaseFile['target']>): NonNullable<RootCauseInput['symptom']> {
  return { serviceName: target.service, metricName: target.metric };
}

async function readJson<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema>> {
  const found = schema.safeParse(await parseJson(file));
  if (found.success) return found.data;
  const problems = found.error.issues.map(({ path: at, message }) => `${at.join('.') || 'it'}: ${message}`);
  throw new Error(`${file} is not readable as it should be: ${problems.join('; ')}`);
}

async function parseJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} is not readable as it should be`, { cause: error });
  }
}

async function readTopology(file: string): Promise<readonly EdgeInput[]> {
  const { edges } = await readJson(file, topologyFileSchema);
  return edges.map(([caller, callee]) => ({ caller, callee }));
}

async function readReference(
  folder: string,
  once: (file: string) => Promise<readonly CsvRow[]>,
): Promise<NonNullable<RootCauseInput['reference']>> {
  const find = async (name: string) => {
    for (const file of [`${name}.csv.gz`, `${name}.csv`])
      if (await exists(path.join(folder, file))) return once(path.join(folder, file));
    return [];
  };
  return { spans: (await find('traces')).map(toSpan), logs: (await find('logs')).map(toLog) };
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** The baseline is all that lies before the alert; the incident lasts as long as there is data. */
function windowsOf(
  sampled: Sampled,
  spans: readonly SpanInput[],
): Pick<RootCauseInput, 'baseline' | 'incident'> {
  let fromMs = sampled.firstMs;
  let toMs = sampled.lastMs;
  for (const { startMs } of spans) {
    fromMs = Math.min(fromMs, startMs);
    toMs = Math.max(toMs, startMs);
  }
  const { alertMs } = sampled;
  return {
    baseline: { fromMs: Math.min(fromMs, alertMs), toMs: alertMs },
    incident: { fromMs: alertMs, toMs: Math.max(toMs, alertMs) + 1 },
  };
}

function toSpan(row: CsvRow): SpanInput {
  return {
    traceId: row['trace'] ?? '',
    spanId: row['span'] ?? '',
    ...(row['parent'] ? { parentSpanId: row['parent'] } : {}),
    serviceName: row['service'] ?? '',
    operation: row['operation'] ?? '',
    startMs: Number(row['time']) * 1000,
    durationMs: Number(row['duration_us']) / 1000,
  };
}

const LEVELS: ReadonlyMap<string, TraceLogInput['level']> = new Map([
  ['TRACE', 'trace'],
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['WARNING', 'warn'],
  ['ERROR', 'error'],
  ['CRITICAL', 'fatal'],
  ['FATAL', 'fatal'],
]);

function toLog(row: CsvRow): TraceLogInput {
  const message = row['message'] ?? '';
  const word = /^\W*([A-Za-z]{4,8})\b/.exec(message)?.[1]?.toUpperCase() ?? '';
  return {
    traceId: row['trace'] ?? '',
    spanId: row['span'] ?? '',
    serviceName: row['service'] ?? '',
    level: LEVELS.get(word) ?? 'info',
    message,
  };
}

function toCalls(rows: readonly CsvRow[]): readonly CallSeriesInput[] {
  const series = new Map<string, CallSeriesInput & { points: { atMs: number; value: number }[] }>();
  for (const row of rows) {
    const { time, caller = '', callee = '', side } = row;
    const latency = row['p50_s'];
    if (latency === undefined || latency === '' || (side !== 'client' && side !== 'server')) continue;
    const ref = `${caller} > ${callee} ${side}`;
    const found = series.get(ref) ?? { ref, caller, callee, side, points: [] };
    series.set(ref, found);
    found.points.push({ atMs: Number(time) * 1000, value: Number(latency) });
  }
  return [...series.values()];
}
