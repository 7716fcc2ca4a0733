/** Canonical records as NDJSON bytes: one JSON object a line, each line ended by \n. Stores may parse them; nobody re-encodes. */
export interface EncodedBatch {
  readonly ndjson: Uint8Array;
  readonly recordCount: number;
}

/** What became of each line of a batch. written + duplicates + rejected.length = recordCount. */
export interface WriteOutcome {
  readonly written: number;
  readonly duplicates: number;
  readonly rejected: readonly RejectedLine[];
}

/** A line that the store will never take, however often it is offered. */
export interface RejectedLine {
  readonly index: number;
  readonly reason: string;
}
