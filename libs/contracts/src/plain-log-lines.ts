import { toIso } from '../../core/src/common/time-range';
import type { NormaliseContext } from '../../core/src/ingest/normalised';
import { resolveTimestamp } from '../../core/src/ingest/resolve-timestamp';
import { fingerprintOf } from '../../core/src/logs/fingerprint-of';
import { encodeLogIdAt } from '../../core/src/logs/log-id';
import { parseLevel } from '../../core/src/logs/parse-level';
import { PlainLogReader } from '../../core/src/logs/plain-log-reader';

/**
 * The short way from the bytes of a request to the lines of log-batch.message.ts, for records that need no change. Its lines are, byte for
 * byte, what encodeLogBatch writes of what toLogRecord makes of the same record (a property of plain-log-lines.spec.ts).
 */
export class PlainLogLines {
  private readonly reader: PlainLogReader;
  private readonly afterId: string;
  private readonly afterTimestamp: string;
  private readonly afterFingerprint: string;
  private readonly notes: string[] = [];

  /**
   * @param bytes of the whole request
   * @param text of the same bytes, one character each (latin1)
   */
  constructor(
    private readonly bytes: Buffer,
    text: string,
    private readonly context: Omit<NormaliseContext, 'index'>,
  ) {
    this.reader = new PlainLogReader(bytes, text, context.limits);
    this.afterId = `","project_id":${JSON.stringify(context.projectId)},"timestamp":"`;
    this.afterTimestamp = `","received_at":"${toIso(context.receivedAtMs)}","level":"`;
    this.afterFingerprint = `","source":${JSON.stringify(context.source)}`;
  }

  /** Index behind the record of the last line. */
  get end(): number {
    return this.reader.end;
  }

  /** The line, without its line break, of the record that begins at `start`; undefined where the record is not plain. ASCII. */
  lineAt(start: number, index: number): string | undefined {
    const { reader, context } = this;
    if (!reader.read(start)) return undefined;
    const level = parseLevel(reader.level);
    const instant = resolveTimestamp(reader.timestamp, context, this.notes);
    if (level === undefined || this.notes.length > 0) {
      this.notes.length = 0;
      return undefined;
    }
    const { receivedAtMs, batchHash } = context;
    const id = encodeLogIdAt(instant.epochMs, instant.nanos, receivedAtMs, index, batchHash);
    let line =
      `{"id":"${id}${this.afterId}${instant.timestamp}${this.afterTimestamp}${level}","service_name":"${reader.serviceName}"` +
      `,"message":${reader.messageJson},"context":{${reader.contextJson.slice(1)}},"fingerprint":"${fingerprintOf(this.message())}${this.afterFingerprint}`;
    if (level !== reader.level) line += `,"original_level":"${reader.level}"`;
    if (reader.traceIdJson !== '') line += `,"trace_id":${reader.traceIdJson}`;
    if (reader.spanIdJson !== '') line += `,"span_id":${reader.spanIdJson}`;
    if (reader.correlationIdJson !== '') line += `,"correlation_id":${reader.correlationIdJson}`;
    return `${line}}`;
  }

  /** Read from the bytes: a slice of the long text would be slower to walk through. */
  private message(): string {
    const { messageJson, messageStart, hasEscapeInMessage } = this.reader;
    if (hasEscapeInMessage) return JSON.parse(messageJson) as string;
    return this.bytes.toString('latin1', messageStart, messageStart + messageJson.length - 2);
  }
}
