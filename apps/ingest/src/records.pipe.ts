import type { PipeTransform } from '@nestjs/common';
import { RawBody } from '../../../libs/http/src/raw-body';
import type { RecordsEnvelope } from './ingest-kind';

const NO_BODY = new RawBody(Buffer.alloc(0), 'json');

/** Hands the body over as it came. Its schema is for the description of the API: see normalise-batch.ts for what is read of it. */
export class RecordsPipe implements PipeTransform<unknown, RawBody> {
  constructor(readonly schema: RecordsEnvelope) {}

  transform(value: unknown): RawBody {
    return value instanceof RawBody ? value : NO_BODY;
  }
}
