import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';
import { OpsError } from '../../../libs/core/src/common/errors';

const LOOK_EVERY_MS = 1000;
const END_WITHIN_MS = 30_000;

/**
 * Rejects where one of the workers has failed and not all have come to their end half a minute later: what it was doing is not told to
 * its native part any more, which then waits for that for ever, such as after the server has lost the namespace. Rejects when the signal
 * comes, too.
 */
export async function failedForGood(
  workers: readonly Pick<Worker, 'getState'>[],
  signal: AbortSignal,
  { lookEveryMs = LOOK_EVERY_MS, endWithinMs = END_WITHIN_MS } = {},
): Promise<never> {
  while (!workers.some((worker) => worker.getState() === 'FAILED'))
    await delay(lookEveryMs, undefined, { signal });
  await delay(endWithinMs, undefined, { signal });
  throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'the workflow worker has failed');
}
