import { ApplicationFailure } from '@temporalio/common';
import { type ErrorKind, OpsError } from '../../libs/core/src/common/errors';

/** Kinds of failure that the same call will meet again however often it is made. */
const LASTING: ReadonlySet<ErrorKind> = new Set([
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'unsupported_media_type',
  'unprocessable',
]);

/**
 * An OpsError as Temporal understands it: its `type` is the OpsError's kind, its first detail the problem code, and a lasting
 * kind is not retried. Anything else is returned as it is.
 */
export function toActivityFailure(error: unknown): unknown {
  if (!(error instanceof OpsError)) return error;
  return ApplicationFailure.create({
    message: error.message,
    type: error.kind,
    nonRetryable: LASTING.has(error.kind),
    details: [error.code],
    cause: error,
    ...(error.retryAfterSeconds !== undefined && { nextRetryDelay: error.retryAfterSeconds * 1000 }),
  });
}

type Activity = (...args: never[]) => Promise<unknown>;

/** The same activities, failing in a way that Temporal understands: see toActivityFailure. */
export function asActivities<Activities extends Record<keyof Activities, Activity>>(
  activities: Activities,
): Activities {
  const wrapped = Object.entries<Activity>(activities).map(([name, activity]) => [
    name,
    (...args: never[]) =>
      activity(...args).catch((error: unknown) => {
        throw toActivityFailure(error);
      }),
  ]);
  return Object.fromEntries(wrapped) as Activities;
}
