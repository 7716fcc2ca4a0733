import type { PipeTransform } from '@nestjs/common';
import type { RawBody } from '../../../libs/http/src/raw-body';
import type { RecordsEnvelope } from './ingest-kind';

/** Says in the description of the API what belongs into the body: see normalise-batch.ts for what is read of it. */
export class RecordsPipe implements PipeTransform<RawBody, RawBody> {
  constructor(readonly schema: RecordsEnvelope) {}

  transform(body: RawBody): RawBody {
    return body;
  }
}
