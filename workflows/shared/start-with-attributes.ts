import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { searchAttributesOf, type WorkflowSubject } from './search-attributes';

const GRPC_INVALID_ARGUMENT = 3;

/**
 * Starts a workflow with search attributes, or without any where the server does not know them: they help people to
 * find a workflow, and nothing depends on them.
 */
export async function startWithAttributes<Answer>(
  subject: WorkflowSubject,
  start: (attributes: SearchAttributePair[]) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await start(searchAttributesOf(subject));
  } catch (error) {
    const cause = error instanceof ServiceError ? error.cause : error;
    if (isGrpcServiceError(cause) && cause.code === GRPC_INVALID_ARGUMENT) return start([]);
    throw error;
  }
}
