import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';

const LOOK_EVERY_MS = 250;

type Working = { getStatus(): Pick<ReturnType<Worker['getStatus']>, 'numInFlightActivities'> };

/**
 * For after the workers were told to stop. Resolves when none has had an activity for so long: whatever has not ended by then waits for an
 * answer of Temporal's, for which the workers' native part waits as long as Temporal hangs. What Temporal was not told it has done again.
 */
export async function heldByTemporal(
  workers: () => readonly Working[],
  { idleMs, lookEveryMs = LOOK_EVERY_MS }: { readonly idleMs: number; readonly lookEveryMs?: number },
): Promise<void> {
  const looksInARow = Math.ceil(idleMs / lookEveryMs);
  for (let idleLooks = 0; idleLooks < looksInARow;) {
    await delay(lookEveryMs, undefined, { ref: false });
    const isIdle = workers().every((worker) => worker.getStatus().numInFlightActivities === 0);
    idleLooks = isIdle ? idleLooks + 1 : 0;
  }
}
