import { MAX_LISTED_RECORDS, type IngestResponse } from '../../../libs/contracts/src/ingest.contract';
import { splitBatch } from '../../../libs/contracts/src/split-batch';
import type { NormaliseContext } from '../../../libs/core/src/ingest/normalised';
import type { EncodedBatch } from '../../../libs/core/src/ingest/write-outcome';
import type { IngestKind } from './ingest-kind';
import { BrokenLine } from './records.pipe';

/** A request's records in canonical form, cut into queue messages, and what its sender is told about them. */
export interface NormalisedBatch {
  readonly messages: readonly EncodedBatch[];
  readonly bytes: number;
  readonly report: Omit<IngestResponse, 'batch_id' | 'request_id'>;
}

export function normaliseBatch<Item>(
  kind: IngestKind<Item>,
  records: readonly unknown[],
  context: Omit<NormaliseContext, 'index'>,
  maxMessageBytes: number,
): NormalisedBatch {
  const items: Item[] = [];
  const errors: IngestResponse['errors'] = [];
  const notes: IngestResponse['notes'] = [];
  let noted = 0;
  for (const [index, input] of records.entries()) {
    const result =
      input instanceof BrokenLine
        ? { ok: false as const, reason: input.reason }
        : kind.normalise(input, { ...context, index });
    if (result.ok) {
      items.push(result.record);
      if (result.notes.length === 0) continue;
      if (++noted <= MAX_LISTED_RECORDS) notes.push({ index, notes: [...result.notes] });
    } else if (errors.length < MAX_LISTED_RECORDS) {
      const { reason, field } = { field: undefined, ...result };
      errors.push({ index, ...(field !== undefined && { field }), reason });
    }
  }
  const batch = kind.encode(items);
  const rejected = records.length - items.length;
  return {
    messages: splitBatch(batch, maxMessageBytes),
    bytes: batch.ndjson.length,
    report: {
      accepted: items.length,
      rejected,
      errors,
      errors_omitted: rejected - errors.length,
      notes,
      notes_omitted: noted - notes.length,
    },
  };
}
