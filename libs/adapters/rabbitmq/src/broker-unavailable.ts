import { OpsError } from '../../../core/src/common/errors';
import { type BrokerProblem, describeBrokerProblem } from './describe-broker-problem';

const RETRY_AFTER_SECONDS = 2;

/** What callers get while the broker cannot be used: 503 with Retry-After at the HTTP edge. */
export function brokerUnavailable(problem: BrokerProblem, cause?: unknown): OpsError {
  return new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', problem.text, {
    ...(cause !== undefined && { cause }),
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

/** An OpsError stays as it is; anything else that the broker's client throws becomes `unavailable`. */
export function toBrokerError(error: unknown): OpsError {
  return error instanceof OpsError ? error : brokerUnavailable(describeBrokerProblem(error), error);
}
