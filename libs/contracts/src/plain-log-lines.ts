import { toIso } from '../../core/src/common/time-range';
import type { ByteRange } from '../../core/src/ingest/byte-pieces';
import { copyBytes, writeAscii } from '../../core/src/ingest/copy-bytes';
import type { NormaliseContext } from '../../core/src/ingest/normalised';
import { resolveTimestamp } from '../../core/src/ingest/resolve-timestamp';
import { fingerprintOf, writeFingerprintOfPrintable } from '../../core/src/logs/fingerprint-of';
import { encodeLogIdAt, overwriteLogId } from '../../core/src/logs/log-id';
import { canonicalLevelAt, parseLevel } from '../../core/src/logs/parse-level';
import { readCanonicalMs, readCanonicalNanos } from '../../core/src/logs/parse-timestamp';
import { PlainLogReader } from '../../core/src/logs/plain-log-reader';
import { copyAll, copyField, lengthOf, viewOf } from './line-pieces';

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const ID_AT = '{"id":"'.length;
const FINGERPRINT_BYTES = 16;
const SERVICE_NAME = viewOf('","service_name":');
const MESSAGE = viewOf(',"message":');
const CONTEXT = viewOf(',"context":');
const FINGERPRINT = viewOf('},"fingerprint":"');
const ORIGINAL_LEVEL = viewOf(',"original_level":');
const TRACE_ID = viewOf(',"trace_id":');
const SPAN_ID = viewOf(',"span_id":');
const CORRELATION_ID = viewOf(',"correlation_id":');
const BRACES_BYTES = 2;

/**
 * The short way from the bytes of a request to the lines of log-batch.message.ts, for records that need no change. Its lines are, byte for
 * byte, what encodeLogBatch writes of what toLogRecord makes of the same record (a property of plain-log-lines.spec.ts). They are put together of
 * pieces of what came in and of what all lines of the batch have in common: texts made of these would cost several times as much.
 */
export class PlainLogLines {
  private readonly reader: PlainLogReader;
  private readonly from: DataView;
  private readonly head: DataView;
  private readonly afterTimestamp: DataView;
  private readonly afterFingerprint: DataView;
  private readonly notes: string[] = [];
  private readonly fixedBytes: number;
  private index = 0;
  private level = '';
  /** As it came; else that is kept beside it. */
  private isLevelCanonical = false;
  private epochMs = 0;
  private nanos = 0;
  /** Empty where it stands in the request as it will stand in the line. */
  private timestamp = '';

  /** @param bytes of the whole request */
  constructor(
    private readonly bytes: Buffer,
    private readonly context: Omit<NormaliseContext, 'index'>,
  ) {
    const { projectId, receivedAtMs, batchHash, source, limits } = context;
    this.reader = new PlainLogReader(bytes, limits);
    this.from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const id = encodeLogIdAt(0, 0, receivedAtMs, 0, batchHash);
    this.head = viewOf(`{"id":"${id}","project_id":${JSON.stringify(projectId)},"timestamp":"`);
    this.afterTimestamp = viewOf(`","received_at":"${toIso(receivedAtMs)}","level":"`);
    this.afterFingerprint = viewOf(`","source":${JSON.stringify(source)}`);
    const parts = [
      this.head,
      this.afterTimestamp,
      SERVICE_NAME,
      MESSAGE,
      CONTEXT,
      FINGERPRINT,
      this.afterFingerprint,
    ];
    this.fixedBytes = parts.reduce(
      (sum, { byteLength }) => sum + byteLength,
      FINGERPRINT_BYTES + BRACES_BYTES,
    );
  }

  /** Index behind the record that was read last. */
  get end(): number {
    return this.reader.end;
  }

  /** Whether a plain record begins at `start`; then its line can be written, until the next call. */
  read(start: number, index: number): boolean {
    const { reader, bytes } = this;
    if (!reader.read(start)) return false;
    const { level } = reader;
    const canonical = canonicalLevelAt(bytes, level.start + 1, level.end - 1);
    const name = canonical ?? parseLevel(this.textIn(level).slice(1, -1));
    if (name === undefined || !this.readTimestamp()) return false;
    this.level = name;
    this.isLevelCanonical = canonical !== undefined;
    this.index = index;
    return true;
  }

  /** Of the line of the record that was read last, without a line break. */
  get byteLength(): number {
    const { reader, timestamp, level } = this;
    const { serviceName, message, context, others, traceId, spanId, correlationId } = reader;
    return (
      this.fixedBytes +
      (timestamp === '' ? lengthOf(reader.timestamp) - 2 : timestamp.length) +
      level.length +
      lengthOf(serviceName) +
      lengthOf(message) +
      // The first field has a brace in place of a comma.
      Math.max(0, context.byteLength + others.byteLength - 1) +
      (this.isLevelCanonical ? 0 : ORIGINAL_LEVEL.byteLength + lengthOf(reader.level)) +
      (traceId.start === 0 ? 0 : TRACE_ID.byteLength + lengthOf(traceId)) +
      (spanId.start === 0 ? 0 : SPAN_ID.byteLength + lengthOf(spanId)) +
      (correlationId.start === 0 ? 0 : CORRELATION_ID.byteLength + lengthOf(correlationId))
    );
  }

  /** Writes the line of the record that was read last, without a line break; the index behind it. */
  writeTo(target: DataView, start: number): number {
    const { reader, from } = this;
    let at = copyAll(target, start, this.head);
    overwriteLogId(target, start + ID_AT, this.epochMs, this.nanos, this.index);
    if (this.timestamp === '')
      at = copyBytes(target, at, from, reader.timestamp.start + 1, reader.timestamp.end - 1);
    else at = writeAscii(target, at, this.timestamp);
    at = copyAll(target, at, this.afterTimestamp);
    at = writeAscii(target, at, this.level);
    at = copyField(target, at, SERVICE_NAME, from, reader.serviceName);
    at = copyField(target, at, MESSAGE, from, reader.message);
    at = this.writeContext(target, copyAll(target, at, CONTEXT));
    at = this.writeFingerprint(target, copyAll(target, at, FINGERPRINT));
    at = copyAll(target, at, this.afterFingerprint);
    if (!this.isLevelCanonical) at = copyField(target, at, ORIGINAL_LEVEL, from, reader.level);
    if (reader.traceId.start !== 0) at = copyField(target, at, TRACE_ID, from, reader.traceId);
    if (reader.spanId.start !== 0) at = copyField(target, at, SPAN_ID, from, reader.spanId);
    if (reader.correlationId.start !== 0)
      at = copyField(target, at, CORRELATION_ID, from, reader.correlationId);
    target.setUint8(at, CLOSE_BRACE);
    return at + 1;
  }

  private writeContext(target: DataView, start: number): number {
    const { context, others } = this.reader;
    const end = others.copyTo(target, context.copyTo(target, start, this.from), this.from);
    target.setUint8(start, OPEN_BRACE);
    return Math.max(end, start + 1);
  }

  private readTimestamp(): boolean {
    const { bytes, context, notes } = this;
    const { start, end } = this.reader.timestamp;
    const isText = start !== 0 && bytes[start] === QUOTE;
    const epochMs = isText ? readCanonicalMs(bytes, start + 1, end - 1) : undefined;
    if (epochMs !== undefined) {
      this.timestamp = '';
      this.epochMs = epochMs;
      this.nanos = readCanonicalNanos(bytes, start + 1, end - 1);
      return epochMs <= context.receivedAtMs + context.limits.maxFutureMs;
    }
    const given = start === 0 ? undefined : (JSON.parse(this.textIn(this.reader.timestamp)) as unknown);
    const instant = resolveTimestamp(given, context, notes);
    this.timestamp = instant.timestamp;
    this.epochMs = instant.epochMs;
    this.nanos = instant.nanos;
    const isUsed = notes.length === 0;
    notes.length = 0;
    return isUsed;
  }

  private writeFingerprint(target: DataView, at: number): number {
    const { message, hasEscapeInMessage } = this.reader;
    return hasEscapeInMessage
      ? writeAscii(target, at, fingerprintOf(JSON.parse(this.textIn(message)) as string))
      : writeFingerprintOfPrintable(target, at, this.bytes, message.start + 1, message.end - 1);
  }

  private textIn({ start, end }: ByteRange): string {
    return this.bytes.toString('latin1', start, end);
  }
}
