import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import { plainText } from '../../libs/core/src/common/plain-text';

const MAX_REASON = 200;

/** Why an activity failed, in words for a report: what it said itself, or that it was waited for in vain, here or for its turn. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  if (cause instanceof TimeoutFailure) return 'it took too long';
  return plainText(cause instanceof Error ? cause.message : 'unknown', MAX_REASON);
}
