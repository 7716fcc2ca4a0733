import type { SeriesKey } from '../../../core/src/metrics/sample';
import type { SampleColumns } from './sample-rows';

export interface CutLines {
  readonly columns: SampleColumns;
  /** Lines that must be parsed, each with its index in the batch. */
  readonly others: readonly { readonly index: number; readonly line: Uint8Array }[];
}

/** How a canonical line of metric-batch.message.ts begins: the instant, then the value, then what tells its series. */
const BEFORE_INSTANT = '{"timestamp":"';
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const INSTANT_LENGTH = '2026-01-01T00:00:00.000Z'.length;
const BEFORE_VALUE = '","metric_value":';
const INSTANT_AT = BEFORE_INSTANT.length;
const VALUE_AT = INSTANT_AT + INSTANT_LENGTH + BEFORE_VALUE.length;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** So many digits make a whole number that a double holds exactly, as it does the power of ten to divide it by. */
const EXACT_DIGITS = 15;
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

/** Cuts the lines whose series `idOf` knows by its text. */
export function cutSampleLines(
  ndjson: Uint8Array,
  idOf: (seriesText: string) => number | undefined,
): CutLines {
  const cutter = new SampleCutter(ndjson, idOf);
  const others: { index: number; line: Uint8Array }[] = [];
  let index = 0;
  for (let start = 0; start < ndjson.length; index++) {
    const end = cutter.endOfLine(start);
    if (!cutter.cut(start, end)) others.push({ index, line: ndjson.subarray(start, end) });
    start = end + 1;
  }
  return { columns: cutter.columns, others };
}

class SampleCutter {
  readonly columns: SampleColumns = { seriesIds: [], atMs: [], values: [] };
  private readonly text: string;
  /** Samples that come together often are of one instant. */
  private lastInstant = BEFORE_INSTANT;
  private lastAtMs = NaN;
  private valueEnd = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly idOf: (seriesText: string) => number | undefined,
  ) {
    this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }

  endOfLine(start: number): number {
    const end = this.text.indexOf('\n', start);
    return end === -1 ? this.text.length : end;
  }

  cut(start: number, end: number): boolean {
    const { text, columns } = this;
    if (!text.startsWith(BEFORE_INSTANT, start)) return false;
    const atMs = this.instant(start + INSTANT_AT);
    if (Number.isNaN(atMs) || !text.startsWith(BEFORE_VALUE, start + INSTANT_AT + INSTANT_LENGTH))
      return false;
    const value = this.decimal(start + VALUE_AT);
    if (Number.isNaN(value)) return false;
    const id = this.idOf(text.slice(this.valueEnd + 1, end));
    if (id === undefined) return false;
    columns.seriesIds.push(id);
    columns.atMs.push(atMs);
    columns.values.push(value);
    return true;
  }

  /** NaN where there is none. */
  private instant(at: number): number {
    if (!this.text.startsWith(this.lastInstant, at)) {
      const instant = this.text.slice(at, at + INSTANT_LENGTH);
      if (!INSTANT.test(instant)) return NaN;
      this.lastAtMs = Date.parse(instant);
      this.lastInstant = instant;
    }
    return this.lastAtMs;
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
    if (at - first > EXACT_DIGITS) return Number(this.text.slice(start, at));
    const value = point === 0 ? whole : whole / (POWERS_OF_TEN[at - point - 1] ?? 1);
    return first > start ? -value : value;
  }
}
