import type { ManagedProcess } from './managed-process';
import { waitUntil } from './wait-until';

/**
 * Waits for an engine that was just started. One that does not come to answer, or whose signal aborts before, is stopped.
 * Errors: as waitUntil.
 */
export async function untilItAnswers(
  engine: ManagedProcess,
  request: {
    readonly what: string;
    readonly timeoutMs: number;
    readonly stopTimeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    readonly ask: () => Promise<boolean>;
  },
): Promise<void> {
  const { what, timeoutMs, stopTimeoutMs, signal, ask } = request;
  try {
    await waitUntil({
      what,
      timeoutMs,
      ask,
      isHopeless: () => !engine.isRunning() || signal?.aborted === true,
    });
  } catch (error) {
    await engine.stop(stopTimeoutMs);
    throw error;
  }
}
