/** After the work under way has had its time, connections have this long to be closed. */
export const CLOSING_MS = 5000;

export class StopTimeoutError extends Error {
  override readonly name = 'StopTimeoutError';
}

/**
 * Waits for a stop as long as SHUTDOWN_TIMEOUT_SECONDS says, and a little longer for closing what the work used.
 * Errors: StopTimeoutError when that has not been enough; whatever `stop` throws.
 */
export async function stopWithin(
  timeoutSeconds: number,
  stop: () => Promise<void>,
  closingMs = CLOSING_MS,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const message = `work under way did not end within ${timeoutSeconds} s (SHUTDOWN_TIMEOUT_SECONDS) and was left behind`;
    timer = setTimeout(() => reject(new StopTimeoutError(message)), timeoutSeconds * 1000 + closingMs);
  });
  try {
    await Promise.race([stop(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
