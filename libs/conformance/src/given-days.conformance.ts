import { OpsError } from '../../core/src/common/errors';
import type { ProjectId } from '../../core/src/common/ids';
import type { WriteOutcome } from '../../core/src/ingest/write-outcome';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import type { ReadLimits } from '../../core/src/projects/retention';

export const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.parse('2026-02-10T00:00:00Z');
const DAYS_PER_TEST = 4;
/** Taken in turns. */
const SETS_OF_DAYS = 5;
const MAX_ATTEMPTS = 20;

/** Days that a test has for itself: what others left there would keep them from being dropped. */
export class GivenDays {
  private set = 0;

  /** Before each test. */
  next(): void {
    this.set = (this.set + 1) % SETS_OF_DAYS;
  }

  /** Epoch milliseconds. */
  startOf(day: number): number {
    return FIRST_DAY_MS + (this.set * DAYS_PER_TEST + day) * DAY_MS;
  }

  /** Each project keeps what is not older than the beginning of its day. */
  limits(...given: readonly (readonly [ProjectScope, number])[]): ReadLimits {
    const limits = new Map<ProjectId, number>(
      given.map(([{ projectId }, day]) => [projectId, this.startOf(day)]),
    );
    return () => Promise.resolve(limits);
  }
}

/** As a worker does: what the engine cannot do at the moment is tried again. */
export async function writeUntilTaken(write: () => Promise<WriteOutcome>): Promise<void> {
  for (let attempts = 1; ; attempts++)
    try {
      expect((await write()).rejected).toEqual([]);
      return;
    } catch (error) {
      const mayRetry = error instanceof OpsError && error.kind === 'unavailable';
      if (!mayRetry || attempts === MAX_ATTEMPTS) throw error;
    }
}
