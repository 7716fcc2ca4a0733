import { z } from 'zod';
import { asId, type ProjectId } from '../../core/src/common/ids';
import type { EncodedBatch } from '../../core/src/ingest/write-outcome';
import type { LiveMessage } from '../../core/src/logs/live-readers';
import type { LiveRecord } from '../../core/src/logs/live-record';
import { LOG_LEVELS } from '../../core/src/logs/log-level';
import { splitLines } from './ndjson';

const NEWLINE = 0x0a;

const head = z.object({
  v: z.literal(1),
  project_id: z.string(),
  publisher: z.string(),
  position: z.int().min(0),
  count: z.int().min(0),
});
const fields = z.object({
  level: z.enum(LOG_LEVELS),
  service_name: z.string(),
  message: z.string(),
  trace_id: z.string().optional(),
  correlation_id: z.string().optional(),
  fingerprint: z.string().optional(),
});

/** A line of JSON that says what follows, then the records' NDJSON, byte for byte. */
export function encodeLiveLines(
  { projectId, publisher, position }: Pick<LiveMessage, 'projectId' | 'publisher' | 'position'>,
  batch: EncodedBatch,
): Buffer {
  const written: z.output<typeof head> = {
    v: 1,
    project_id: projectId,
    publisher,
    position,
    count: batch.recordCount,
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(written)}\n`), batch.ndjson]);
}

/** Undefined where the bytes are none of ours. A line that is no log record is left out, and counted. */
export function decodeLiveLines(bytes: Uint8Array): LiveMessage | undefined {
  const headEnd = bytes.indexOf(NEWLINE);
  if (headEnd === -1) return undefined;
  const decoder = new TextDecoder();
  const read = head.safeParse(parseJson(decoder.decode(bytes.subarray(0, headEnd))));
  if (!read.success) return undefined;
  const { project_id, publisher, position, count } = read.data;
  const records = splitLines(bytes.subarray(headEnd + 1)).flatMap(
    (line) => toLiveRecord(decoder.decode(line)) ?? [],
  );
  return { projectId: asId<ProjectId>(project_id), publisher, position, count, records };
}

function toLiveRecord(line: string): LiveRecord | undefined {
  const read = fields.safeParse(parseJson(line));
  if (!read.success) return undefined;
  const { level, service_name, message, trace_id, correlation_id, fingerprint } = read.data;
  return {
    line,
    level,
    serviceName: service_name,
    message,
    ...(trace_id !== undefined && { traceId: trace_id }),
    ...(correlation_id !== undefined && { correlationId: correlation_id }),
    ...(fingerprint !== undefined && { fingerprint }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
