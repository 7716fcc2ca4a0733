import type { EncodedBatch, RejectedLine } from '../../../core/src/ingest/write-outcome';
import { alikeTogether } from './alike-together';
import { BulkDocuments } from './bulk-documents';
import { BulkLines } from './bulk-lines';
import type { LogIndexNames } from './index-names';

/** Documents for `_bulk`, one after the other, and the lines that cannot become one. */
export interface BulkBody {
  readonly bytes: Buffer;
  readonly documents: BulkDocuments;
  readonly rejected: readonly RejectedLine[];
  /** All indices that the documents go to. */
  readonly indexNames: readonly string[];
  /** To be called when the bytes are sent: they will be written over. */
  readonly release: () => void;
}

/**
 * Canonical lines (log-batch.message.ts) as the body of a `_bulk` request, those that are alike together. A line becomes the document as it is, with
 * fields added at its end: `words` and `context_terms` make it searchable, `count_key` countable. Nothing is parsed: the keys of a canonical
 * line and their order are known.
 */
export function toBulkBody(batch: EncodedBatch, projectId: string, names: LogIndexNames): BulkBody {
  const lines = BulkLines.take(projectId, names);
  const places = alikeTogether(lines.read(batch.ndjson));
  const documents = new BulkDocuments(places.length);
  const rejected: RejectedLine[] = [];
  for (const index of places) {
    const reason = lines.add(index);
    if (reason === undefined) documents.add(lines.length, index);
    else rejected.push({ index, reason });
  }
  return {
    bytes: lines.documents,
    documents,
    rejected,
    indexNames: lines.indices,
    release: () => lines.giveBack(),
  };
}
