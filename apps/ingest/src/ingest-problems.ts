import { OpsError } from '../../../libs/core/src/common/errors';
import type { NormalisedBatch } from './batch-draft';
import type { IngestName } from './ingest-kind';

export function emptyBatch(name: IngestName, maxRecords: number): OpsError {
  return new OpsError('invalid', 'OPS_INGEST_EMPTY_BATCH', `${name} holds no records`, {
    fields: [{ field: name, reason: 'is empty', allowed: `1 to ${maxRecords} records` }],
  });
}

export function tooManyRecords(name: IngestName, maxRecords: number): OpsError {
  const detail = `${name} holds more than the ${maxRecords} records that one request may hold`;
  return new OpsError('too_large', 'OPS_REQUEST_TOO_LARGE', detail, {
    fields: [{ field: name, reason: 'holds too many records', allowed: `1 to ${maxRecords} records` }],
  });
}

export function nothingAccepted(name: IngestName, { report }: NormalisedBatch): OpsError {
  return new OpsError(
    'unprocessable',
    'OPS_INGEST_NOTHING_ACCEPTED',
    `none of the ${report.rejected} records could be accepted`,
    {
      fields: report.errors.map(({ index, field, reason }) => ({
        field: field === undefined ? `${name}.${index}` : `${name}.${index}.${field}`,
        reason,
      })),
    },
  );
}

export function keyOfAnother(): OpsError {
  return new OpsError(
    'unprocessable',
    'OPS_INGEST_IDEMPOTENCY_MISMATCH',
    'this Idempotency-Key was used with another request; take a new one for each batch',
    { fields: [{ field: 'Idempotency-Key', reason: 'was used with another request' }] },
  );
}
