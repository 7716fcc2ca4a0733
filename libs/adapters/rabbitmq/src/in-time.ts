import { brokerUnavailable } from './broker-unavailable';

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
