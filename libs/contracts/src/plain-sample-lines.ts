import { toIso } from '../../core/src/common/time-range';
import type { ByteRange } from '../../core/src/ingest/byte-range';
import { copyBytes, writeAscii } from '../../core/src/ingest/copy-bytes';
import type { NormaliseContext } from '../../core/src/ingest/normalised';
import { skipSpace } from '../../core/src/ingest/json-bytes';
import { resolveTimestamp } from '../../core/src/ingest/resolve-timestamp';
import { readCanonicalMs } from '../../core/src/logs/parse-timestamp';
import { PlainSampleReader } from '../../core/src/metrics/plain-sample-reader';
import { isStorableValue } from '../../core/src/metrics/to-sample';
import { copyAll, copyField, lengthOf, viewOf } from './line-pieces';
import type { LineTaker, PlainLines, Taken, WritableLine } from './plain-lines';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;
const HEAD = viewOf('{"timestamp":"');
const VALUE = viewOf('Z","metric_value":');
const METRIC_NAME = viewOf(',"metric_name":');
const SERVICE_NAME = viewOf(',"service_name":');
const NO_SERVICE_NAME = viewOf(',"service_name":""');
const TAGS = viewOf(',"tags":');
const NO_TAGS = viewOf(',"tags":{}');
/** To the millisecond, without the Z. */
const INSTANT_BYTES = '2026-01-01T00:00:00.000'.length;
const FIXED_BYTES = HEAD.byteLength + INSTANT_BYTES + VALUE.byteLength + METRIC_NAME.byteLength + '}'.length;

/**
 * The short way from the bytes of a request to the lines of metric-batch.message.ts, for samples that need no change. Its lines are, byte
 * for byte, what encodeMetricBatch writes of what toSample makes of the same sample (a property of plain-sample-lines.spec.ts). Put together of
 * pieces, as in plain-log-lines.ts.
 */
export class PlainSampleLines implements PlainLines, WritableLine {
  private readonly reader: PlainSampleReader;
  private readonly from: DataView;
  /** These are empty where what came in stands in the line as it is. */
  private value = '';
  private tags = '';
  private timestamp = '';
  /** Whether the instant is that of arrival. */
  private isAtArrival = false;
  /** The time of arrival as it stands in a line; made once, as many samples may have it. */
  private arrival = '';

  /** @param bytes of the whole request */
  constructor(
    private readonly bytes: Buffer,
    private readonly context: Pick<NormaliseContext, 'receivedAtMs' | 'limits' | 'seriesAtArrival'>,
  ) {
    this.reader = new PlainSampleReader(bytes);
    this.from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(start: number, isList: boolean, _firstIndex: number, mostRecords: number, lines: LineTaker): Taken {
    let at = start;
    for (let records = 0; ;) {
      if (records === mostRecords) return { records, end: at, ending: 'more' };
      const behind = this.read(at) ? this.behind(at, isList) : undefined;
      if (behind === undefined || (this.isAtArrival && this.isRepeated()))
        return { records, end: at, ending: 'not plain' };
      lines.writeLine(this);
      records++;
      const isSeparated = this.bytes[behind] === (isList ? COMMA : NEWLINE);
      at = isSeparated ? skipSpace(this.bytes, behind + 1) : behind;
      if (!isSeparated || (!isList && at >= this.bytes.length)) return { records, end: at, ending: 'behind' };
    }
  }

  /** Index behind the sample that was read at `start` and the white space after it; undefined where it does not fill a line of its own, but must. */
  private behind(start: number, isList: boolean): number | undefined {
    const { bytes, end } = this;
    if (isList) return skipSpace(bytes, end);
    const newline = bytes.indexOf(NEWLINE, start);
    const lineEnd = newline === -1 ? bytes.length : newline;
    return end <= lineEnd && skipSpace(bytes, end) >= lineEnd ? lineEnd : undefined;
  }

  /** Whether a value of the same series came at the time of arrival, too: then that is to be noted. */
  private isRepeated(): boolean {
    const { seriesAtArrival } = this.context;
    if (seriesAtArrival === undefined) return false;
    const { metricName, serviceName, tags } = this.reader;
    const service = serviceName.start === 0 ? '""' : this.textIn(serviceName);
    const written = tags.start === 0 ? '{}' : this.tags === '' ? this.textIn(tags) : this.tags;
    const series = `${this.textIn(metricName)}${service}${written}`;
    return seriesAtArrival.isRepeated(series);
  }

  /** Index behind the sample that was read last. */
  get end(): number {
    return this.reader.end;
  }

  /** Whether a plain sample begins at `start`; then its line can be written, until the next call. */
  read(start: number): boolean {
    const { reader } = this;
    if (!reader.read(start) || !this.readTimestamp()) return false;
    this.tags = reader.tags.start === 0 || reader.areTagsCanonical ? '' : this.tagsInOrder();
    this.value = '';
    if (reader.isValueCanonical) return true;
    const value = Number(this.textIn(reader.value));
    this.value = String(value);
    return isStorableValue(value);
  }

  /** Of the line of the sample that was read last, without a line break. */
  get byteLength(): number {
    const { value, tags, reader } = this;
    return (
      FIXED_BYTES +
      (value === '' ? lengthOf(reader.value) : value.length) +
      lengthOf(reader.metricName) +
      (reader.serviceName.start === 0
        ? NO_SERVICE_NAME.byteLength
        : SERVICE_NAME.byteLength + lengthOf(reader.serviceName)) +
      (reader.tags.start === 0
        ? NO_TAGS.byteLength
        : TAGS.byteLength + (tags === '' ? lengthOf(reader.tags) : tags.length))
    );
  }

  /** Writes the line of the sample that was read last, without a line break; the index behind it. */
  writeTo(target: DataView, start: number): number {
    const { reader, from, timestamp, value, tags } = this;
    let at = copyAll(target, start, HEAD);
    const instant = reader.timestamp.start + 1;
    if (timestamp === '') at = copyBytes(target, at, from, instant, instant + INSTANT_BYTES);
    else at = writeAscii(target, at, timestamp);
    if (value === '') at = copyField(target, at, VALUE, from, reader.value);
    else at = writeAscii(target, copyAll(target, at, VALUE), value);
    at = copyField(target, at, METRIC_NAME, from, reader.metricName);
    if (reader.serviceName.start === 0) at = copyAll(target, at, NO_SERVICE_NAME);
    else at = copyField(target, at, SERVICE_NAME, from, reader.serviceName);
    if (reader.tags.start === 0) at = copyAll(target, at, NO_TAGS);
    else if (tags === '') at = copyField(target, at, TAGS, from, reader.tags);
    else at = writeAscii(target, copyAll(target, at, TAGS), tags);
    target.setUint8(at, CLOSE_BRACE);
    return at + 1;
  }

  /** False where something is to be noted. */
  private readTimestamp(): boolean {
    const { bytes, context } = this;
    const { start, end } = this.reader.timestamp;
    this.timestamp = '';
    if (start !== 0 && bytes[start] === QUOTE) {
      const epochMs = readCanonicalMs(bytes, start + 1, end - 1);
      if (epochMs !== undefined) {
        this.isAtArrival = epochMs === context.receivedAtMs;
        return epochMs <= context.receivedAtMs + context.limits.maxFutureMs;
      }
    }
    return start === 0 ? this.arriveNow() : this.resolveTimestamp();
  }

  private arriveNow(): true {
    if (this.arrival === '') this.arrival = toIso(this.context.receivedAtMs).slice(0, INSTANT_BYTES);
    this.timestamp = this.arrival;
    return (this.isAtArrival = true);
  }

  private resolveTimestamp(): boolean {
    const notes: string[] = [];
    const given = JSON.parse(this.textIn(this.reader.timestamp)) as unknown;
    const { epochMs } = resolveTimestamp(given, this.context, notes);
    this.isAtArrival = epochMs === this.context.receivedAtMs;
    this.timestamp = toIso(epochMs).slice(0, INSTANT_BYTES);
    return notes.length === 0;
  }

  private tagsInOrder(): string {
    const tags = Object.entries(JSON.parse(this.textIn(this.reader.tags)) as Record<string, string>);
    return JSON.stringify(Object.fromEntries(tags.sort(([a], [b]) => (a < b ? -1 : 1))));
  }

  private textIn({ start, end }: ByteRange): string {
    return this.bytes.toString('latin1', start, end);
  }
}
