import { Context } from '@temporalio/activity';

/** Well below the heartbeat timeouts in activity-options.ts. */
const HEARTBEAT_EVERY_MS = 5000;

/**
 * Runs an activity's work with heartbeats, and hands it the signal that tells of cancellation. The heartbeat says that this
 * process is alive; that the work itself does not hang is for startToCloseTimeout and the stores' own timeouts.
 */
export async function heartbeatWhile<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
