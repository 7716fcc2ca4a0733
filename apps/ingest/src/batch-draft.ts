import { MAX_LISTED_RECORDS, type IngestResponse } from '../../../libs/contracts/src/ingest.contract';
import type { PlainLines, Taken } from '../../../libs/contracts/src/plain-lines';
import type { SpareRooms } from '../../../libs/core/src/common/spare-rooms';
import type { EncodedBatch } from '../../../libs/core/src/ingest/write-outcome';
import { MessageWriter } from './message-writer';

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

  /** Of its messages so far. */
  get bytes(): number {
    return this.writer.bytes;
  }

  /** Records that are canonical already, at most so many; see PlainLines. */
  takePlain(plain: PlainLines, start: number, isList: boolean, mostRecords: number): Taken {
    const taken = plain.take(start, isList, this.index, mostRecords, this.writer);
    this.accepted += taken.records;
    return taken;
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
    return {
      messages: this.writer.finish(),
      bytes: this.bytes,
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
