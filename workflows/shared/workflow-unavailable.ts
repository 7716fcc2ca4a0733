import { OpsError } from '../../libs/core/src/common/errors';

const RETRY_AFTER_SECONDS = 5;

const WHERE_TO_LOOK = 'look at /health of the API and of the workflow worker';

/** What a caller is told whose workflow could not be started or asked in time. It may have been started all the same. */
export function workflowUnavailable(detail: string, cause: unknown): OpsError {
  return new OpsError('unavailable', 'OPS_WORKFLOW_UNAVAILABLE', `${detail}: ${WHERE_TO_LOOK}`, {
    cause,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
