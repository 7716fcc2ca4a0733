import { OpsError } from '../../libs/core/src/common/errors';

const RETRY_AFTER_SECONDS = 5;

/** What a caller is told whose workflow could not be started or asked in time. It may have been started all the same. */
export function workflowUnavailable(detail: string, cause: unknown): OpsError {
  return new OpsError('unavailable', 'OPS_WORKFLOW_UNAVAILABLE', detail, {
    cause,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
