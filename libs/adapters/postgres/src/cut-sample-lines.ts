import type { ProjectId } from '../../../core/src/common/ids';
import { sameBytes } from '../../../core/src/ingest/same-bytes';
import { readCanonicalMs } from '../../../core/src/logs/parse-timestamp';
import type { SeriesKey } from '../../../core/src/metrics/sample';
import type { KnownOne, KnownSeries } from './known-series';
import type { SampleColumns } from './sample-rows';

export interface CutLines {
  readonly columns: SampleColumns;
  /** Lines that must be parsed, each with its index in the batch. */
  readonly others: readonly { readonly index: number; readonly line: Uint8Array }[];
}

/** How a canonical line of metric-batch.message.ts begins: the instant, then the value, then what tells its series. */
const BEFORE_INSTANT = viewOf('{"timestamp":"');
const INSTANT_LENGTH = '2026-01-01T00:00:00.000Z'.length;
const BEFORE_VALUE = viewOf('","metric_value":');
const INSTANT_AT = BEFORE_INSTANT.byteLength;
const VALUE_AT = INSTANT_AT + INSTANT_LENGTH + BEFORE_VALUE.byteLength;
const NEWLINE = 0x0a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** So many digits make a whole number that a double holds exactly, as it does the power of ten to divide it by. */
const EXACT_DIGITS = 15;
/** From here on, canonical numbers have an exponent: nothing that is cut is beyond what parseSampleLines takes. */
const EXPONENT_FROM = 1e21;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * What a canonical line holds behind its value, one character a byte: whatever line ends with this text is of this series, so it need not be
 * parsed to know that.
 */
export function textOfSeries(series: SeriesKey): string {
  const text = JSON.stringify({
    metric_name: series.metricName,
    service_name: series.serviceName,
    tags: series.tags,
  });
  return Buffer.from(text.slice(1)).toString('latin1');
}

/** Cuts the lines whose series are known by their text. */
export function cutSampleLines(ndjson: Uint8Array, projectId: ProjectId, known: KnownSeries): CutLines {
  const cutter = new SampleCutter(ndjson, projectId, known);
  const others: { index: number; line: Uint8Array }[] = [];
  let index = 0;
  for (let start = 0; start < ndjson.length; index++) {
    if (!cutter.cut(start, index)) others.push({ index, line: ndjson.subarray(start, cutter.lineEnd) });
    start = cutter.lineEnd + 1;
  }
  return { columns: cutter.columns, others };
}

class SampleCutter {
  readonly columns: SampleColumns = { seriesIds: [], atMs: [], values: [], lines: [] };
  lineEnd = 0;
  private readonly bytes: Buffer;
  private readonly view: DataView;
  private lastInstantAt = 0;
  private lastAtMs: number | undefined;
  private lastSeries: KnownOne | undefined;
  private valueEnd = 0;

  constructor(
    { buffer, byteOffset, length }: Uint8Array,
    private readonly projectId: ProjectId,
    private readonly known: KnownSeries,
  ) {
    this.bytes = Buffer.from(buffer, byteOffset, length);
    this.view = new DataView(buffer, byteOffset, length);
  }

  cut(start: number, line: number): boolean {
    const { columns } = this;
    const atMs = this.instant(start);
    const value = atMs === undefined ? NaN : this.decimal(start + VALUE_AT);
    const series = Number.isNaN(value) ? undefined : this.series(this.valueEnd + 1);
    if (atMs === undefined || series === undefined) {
      this.lineEnd = this.endOfLine(start);
      return false;
    }
    columns.seriesIds.push(series.id);
    columns.atMs.push(atMs);
    columns.values.push(value);
    columns.lines.push(line);
    return true;
  }

  private endOfLine(start: number): number {
    const end = this.bytes.indexOf(NEWLINE, start);
    return end === -1 ? this.bytes.length : end;
  }

  /** Of a line that begins as a canonical one. Samples that come together often are of one instant. */
  private instant(start: number): number | undefined {
    const { view, bytes } = this;
    const at = start + INSTANT_AT;
    const end = at + INSTANT_LENGTH;
    if (!sameBytes(view, start, BEFORE_INSTANT, 0, INSTANT_AT)) return undefined;
    if (!sameBytes(view, end, BEFORE_VALUE, 0, BEFORE_VALUE.byteLength)) return undefined;
    if (this.lastInstantAt === 0 || !sameBytes(view, at, view, this.lastInstantAt, INSTANT_LENGTH)) {
      this.lastAtMs = readCanonicalMs(bytes, at, end);
      this.lastInstantAt = at;
    }
    return this.lastAtMs;
  }

  private series(start: number): KnownOne | undefined {
    const { known, projectId, lastSeries, view } = this;
    const guessed = known.guess(projectId, lastSeries, view, start);
    if (guessed !== undefined) {
      this.lineEnd = start + guessed.text.byteLength - 1;
      this.lastSeries = guessed;
      return guessed;
    }
    this.lineEnd = this.endOfLine(start);
    const found = known.find(projectId, this.bytes.toString('latin1', start, this.lineEnd), lastSeries);
    this.lastSeries = found ?? lastSeries;
    return found;
  }

  /** The number, without an exponent, that ends before a comma at `valueEnd`; NaN where there is none. */
  private decimal(start: number): number {
    const { bytes } = this;
    const first = bytes[start] === MINUS ? start + 1 : start;
    let at = first;
    let whole = 0;
    let point = 0;
    let code = bytes[at] ?? 0;
    for (; (code >= ZERO && code <= NINE) || (code === POINT && point === 0); code = bytes[++at] ?? 0) {
      if (code === POINT) point = at;
      else whole = whole * 10 + code - ZERO;
    }
    const wholeEnd = point === 0 ? at : point;
    const isJson = wholeEnd > first && at !== point + 1 && (bytes[first] !== ZERO || wholeEnd === first + 1);
    if (!isJson || code !== COMMA) return NaN;
    this.valueEnd = at;
    if (at - first > EXACT_DIGITS) {
      const long = Number(bytes.toString('latin1', start, at));
      return Math.abs(long) < EXPONENT_FROM ? long : NaN;
    }
    const value = point === 0 ? whole : whole / (POWERS_OF_TEN[at - point - 1] ?? 1);
    return first > start ? -value : value;
  }
}

function viewOf(text: string): DataView {
  const bytes = Buffer.from(text);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
