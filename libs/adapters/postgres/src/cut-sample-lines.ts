import type { SeriesKey } from '../../../core/src/metrics/sample';
import type { ProjectScope } from '../../../core/src/projects/project-scope';

/** Samples as columns of the table. */
export interface SampleColumns {
  readonly seriesIds: number[];
  readonly atMs: number[];
  /** Numbers as they were written: to parse them and write them again would cost more than all the rest. */
  readonly values: (number | string)[];
}

export interface CutLines {
  readonly columns: SampleColumns;
  /** Lines that must be parsed, each with its index in the batch. */
  readonly others: readonly { readonly index: number; readonly line: string }[];
}

const TIMESTAMP = '"timestamp":"';
/** Up to 21 digits: nothing here is beyond what parseSampleLines takes. */
const INSTANT_AND_VALUE =
  /"timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","metric_value":(-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?),/y;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * A canonical line of metric-batch.message.ts without its instant and value. Whatever line is left with this text when they
 * are cut out is of this series, so it need not be parsed to know that.
 */
export function textOfSeries({ projectId }: ProjectScope, series: SeriesKey): string {
  const named = { project_id: projectId, metric_name: series.metricName, service_name: series.serviceName };
  return `${JSON.stringify(named).slice(0, -1)},"tags":${JSON.stringify(series.tags)}}`;
}

/** Cuts the lines whose series `idOf` knows by its text. Undefined where the batch is no UTF-8. */
export function cutSampleLines(
  ndjson: Uint8Array,
  idOf: (seriesText: string) => number | undefined,
): CutLines | undefined {
  const lines = decode(ndjson)?.split('\n');
  if (lines === undefined) return undefined;
  if (lines.at(-1) === '') lines.pop();
  const columns: SampleColumns = { seriesIds: [], atMs: [], values: [] };
  const others: { index: number; line: string }[] = [];
  lines.forEach((line, index) => {
    if (!cut(line, idOf, columns)) others.push({ index, line });
  });
  return { columns, others };
}

function cut(
  line: string,
  idOf: (seriesText: string) => number | undefined,
  columns: SampleColumns,
): boolean {
  const start = line.indexOf(TIMESTAMP);
  if (start === -1) return false;
  INSTANT_AND_VALUE.lastIndex = start;
  const found = INSTANT_AND_VALUE.exec(line);
  if (found === null) return false;
  const id = idOf(line.slice(0, start) + line.slice(INSTANT_AND_VALUE.lastIndex));
  if (id === undefined) return false;
  const [, instant = '', value = ''] = found;
  const atMs = Date.parse(instant);
  if (Number.isNaN(atMs)) return false;
  columns.seriesIds.push(id);
  columns.atMs.push(atMs);
  columns.values.push(value);
  return true;
}

function decode(ndjson: Uint8Array): string | undefined {
  try {
    return decoder.decode(ndjson);
  } catch {
    return undefined;
  }
}
