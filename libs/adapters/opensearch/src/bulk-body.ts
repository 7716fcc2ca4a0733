import type { EncodedBatch, RejectedLine } from '../../../core/src/ingest/write-outcome';
import type { SpareRooms } from '../../../core/src/common/spare-rooms';
import { BulkDocuments } from './bulk-documents';
import { BulkLines } from './bulk-lines';
import { ByteWriter } from './byte-writer';
import type { LogIndexNames } from './index-names';

const NEWLINE = 0x0a;
/** So many bytes of lines, or one that is longer, become documents before these are copied: they should stay in the processor's caches. */
const CHUNK_BYTES = 64 * 1024;
/** What stands around a line's own bytes, its words and its terms. */
const ADDED_BYTES = 512;

/** Documents for `_bulk`, one after the other, and the lines that cannot become one. */
export interface BulkBody {
  readonly bytes: Buffer;
  readonly documents: BulkDocuments;
  readonly rejected: readonly RejectedLine[];
  /** Where the bytes lie: may be written over once they are sent. */
  readonly room: Uint8Array<ArrayBuffer>;
  /** All indices that the documents go to. */
  readonly indexNames: readonly string[];
}

/**
 * Canonical lines (log-batch.message.ts) as the body of a `_bulk` request. A line becomes the document as it is, with
 * fields added at its end: `words` and `context_terms` make it searchable, `count_key` countable. Nothing is parsed: the keys of a canonical
 * line and their order are known.
 */
export function toBulkBody(
  batch: EncodedBatch,
  projectId: string,
  names: LogIndexNames,
  rooms: SpareRooms,
): BulkBody {
  const { buffer, byteOffset, byteLength } = batch.ndjson;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const lines = BulkLines.of(projectId, names);
  const out = new ByteWriter(byteLength * 2 + batch.recordCount * ADDED_BYTES, rooms);
  const documents = new BulkDocuments(batch.recordCount);
  const rejected: RejectedLine[] = [];
  let index = 0;
  for (let chunk = 0; chunk < byteLength;) {
    const chunkEnd = endOfChunk(bytes, chunk);
    lines.begin(bytes, chunk, chunkEnd);
    for (let start = chunk; start < chunkEnd; index++) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline === -1 ? byteLength : newline;
      const reason = lines.add(start - chunk, end - chunk);
      if (reason === undefined) documents.add(out.length + lines.length, index);
      else rejected.push({ index, reason });
      start = end + 1;
    }
    out.write(lines.documents());
    chunk = chunkEnd;
  }
  return { bytes: out.written(), room: out.room, documents, rejected, indexNames: lines.indices };
}

/** Behind the last whole line that is within CHUNK_BYTES, or else behind the first. */
function endOfChunk(bytes: Buffer, start: number): number {
  if (start + CHUNK_BYTES >= bytes.length) return bytes.length;
  const last = bytes.lastIndexOf(NEWLINE, start + CHUNK_BYTES - 1);
  if (last >= start) return last + 1;
  const first = bytes.indexOf(NEWLINE, start + CHUNK_BYTES);
  return first === -1 ? bytes.length : first + 1;
}
