import { brokerUnavailable } from './broker-unavailable';

/** How long a broker is waited for that is told good-bye: one that hangs does not answer that, and one that blocks a connection does not read it. */
const FAREWELL_MS = 500;

/**
 * The answer of the broker. A connection may be alive while what is asked over it hangs, and one that is not is found out by heartbeats only
 * after 20 seconds and more. Errors: those of `asked`; OpsError `unavailable` where the time is over, after `onLate`.
 */
export async function inTime<Answer>(
  asked: Promise<Answer>,
  timeoutMs: number,
  onLate: () => void = () => undefined,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const problem = {
      text: `the broker has not answered within ${timeoutMs / 1000} s`,
      advice: 'look at the load and the log of the broker',
    };
    timer = setTimeout(() => {
      onLate();
      reject(brokerUnavailable(problem));
    }, timeoutMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when a connection or channel has been closed, or the broker has been waited for long enough. Errors: those of `closed`. */
export async function closedOrLeft(closed: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const left = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FAREWELL_MS);
  });
  try {
    await Promise.race([closed, left]);
  } finally {
    clearTimeout(timer);
  }
}
