import { MAX_LISTED_RECORDS, type IngestResponse } from '../../../libs/contracts/src/ingest.contract';
import type { SpareRooms } from '../../../libs/core/src/common/spare-rooms';
import type { EncodedBatch } from '../../../libs/core/src/ingest/write-outcome';
import { MessageWriter, type WritableLine } from './message-writer';

/** A request's records in canonical form, cut into queue messages, and what its sender is told about them. */
export interface NormalisedBatch {
  readonly messages: readonly EncodedBatch[];
  readonly bytes: number;
  readonly report: Omit<IngestResponse, 'batch_id' | 'request_id'>;
}

/** A batch in the making. Records are given in the order of the request. */
export class BatchDraft {
  private readonly writer: MessageWriter;
  private readonly errors: IngestResponse['errors'] = [];
  private readonly notes: IngestResponse['notes'] = [];
  private accepted = 0;
  private rejected = 0;
  private noted = 0;

  /** @param expectedBytes of all its lines, roughly */
  constructor(maxMessageBytes: number, expectedBytes: number, rooms: SpareRooms) {
    this.writer = new MessageWriter(maxMessageBytes, expectedBytes, rooms);
  }

  /** Takes the place of the next record. */
  get index(): number {
    return this.accepted + this.rejected;
  }

  /** A canonical record that writes itself. */
  acceptPlain(line: WritableLine): void {
    this.accepted++;
    this.writer.writeLine(line);
  }

  accept(line: object, notes: readonly string[]): void {
    const { index } = this;
    this.accepted++;
    this.writer.write(JSON.stringify(line));
    if (notes.length > 0 && ++this.noted <= MAX_LISTED_RECORDS) this.notes.push({ index, notes: [...notes] });
  }

  reject(reason: string, field?: string): void {
    const { index } = this;
    this.rejected++;
    if (this.errors.length < MAX_LISTED_RECORDS)
      this.errors.push({ index, ...(field !== undefined && { field }), reason });
  }

  finish(): NormalisedBatch {
    const { accepted, rejected, errors, notes, noted } = this;
    const messages = this.writer.finish();
    return {
      messages,
      bytes: messages.reduce((sum, { ndjson }) => sum + ndjson.length, 0),
      report: {
        accepted,
        rejected,
        errors,
        errors_omitted: rejected - errors.length,
        notes,
        notes_omitted: noted - notes.length,
      },
    };
  }
}
