import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IngestResponse } from '../../../libs/contracts/src/ingest.contract';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { RawBody } from '../../../libs/http/src/raw-body';
import type { AcceptBatch, IncomingBatch } from './accept-batch';
import { readIdempotencyKey } from './idempotency-key';

/** What a request brought, in our words. */
type ReceivedBatch<Item> = Pick<IncomingBatch<Item>, 'kind' | 'records' | 'source'>;

/**
 * What every HTTP receiver does with the records that it has read: accepts them under the request's id and
 * Idempotency-Key, and says in the answer's head where it was given before. Errors: those of AcceptBatch.
 */
export async function receiveBatch<Item>(
  acceptBatch: AcceptBatch,
  scope: ProjectScope,
  received: ReceivedBatch<Item>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<IngestResponse> {
  const { kind, records, source } = received;
  const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
  const batch = { kind, records, source, requestId: request.id, idempotencyKey };
  try {
    const { response, replayed } = await acceptBatch.accept(scope, batch);
    if (replayed) reply.header('idempotency-replayed', 'true');
    return response;
  } finally {
    if (records instanceof RawBody) records.release();
  }
}
