import type { EncodedBatch, RejectedLine } from '../../../core/src/ingest/write-outcome';
import type { SpareRooms } from '../../../core/src/common/spare-rooms';
import { alikeTogether } from './alike-together';
import { BulkDocuments } from './bulk-documents';
import { BulkLines } from './bulk-lines';
import type { LogIndexNames } from './index-names';

const NEWLINE = 0x0a;
/** So many bytes of lines, or one that is longer, are taken at a time: they should stay in the processor's caches. */
const CHUNK_BYTES = 64 * 1024;

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
 * Canonical lines (log-batch.message.ts) as the body of a `_bulk` request, those that are alike together. A line becomes the document as it is, with
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
  const chunkEnds = endsOfChunks(bytes);
  const lines = BulkLines.of(projectId, names, longest(chunkEnds));
  const made = new BulkDocuments(batch.recordCount);
  const likenesses: number[] = [];
  const rejected: RejectedLine[] = [];
  let index = 0;
  let chunk = 0;
  for (const chunkEnd of chunkEnds) {
    lines.take(bytes, chunk, chunkEnd);
    for (let start = chunk; start < chunkEnd; index++) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline === -1 ? byteLength : newline;
      const reason = lines.add(start - chunk, end - chunk);
      if (reason === undefined) {
        made.add(lines.length, index);
        likenesses.push(lines.likeness);
      } else rejected.push({ index, reason });
      start = end + 1;
    }
    chunk = chunkEnd;
  }
  const places = alikeTogether(likenesses);
  const { length } = lines;
  const room = rooms.take(length);
  lines.copyTo(room, made, places);
  return {
    bytes: Buffer.from(room.buffer, 0, length),
    room,
    documents: made.inOrder(places),
    rejected,
    indexNames: lines.indices,
  };
}

function longest(chunkEnds: readonly number[]): number {
  return chunkEnds.reduce((most, end, place) => Math.max(most, end - (chunkEnds[place - 1] ?? 0)), 0);
}

function endsOfChunks(bytes: Buffer): readonly number[] {
  const ends: number[] = [];
  for (let end = 0; end < bytes.length;) ends.push((end = endOfChunk(bytes, end)));
  return ends;
}

/** Behind the last whole line that is within CHUNK_BYTES, or else behind the first. */
function endOfChunk(bytes: Buffer, start: number): number {
  if (start + CHUNK_BYTES >= bytes.length) return bytes.length;
  const last = bytes.lastIndexOf(NEWLINE, start + CHUNK_BYTES - 1);
  if (last >= start) return last + 1;
  const first = bytes.indexOf(NEWLINE, start + CHUNK_BYTES);
  return first === -1 ? bytes.length : first + 1;
}
