import {
  ActivityFailure,
  ApplicationFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { reasonOf } from './reason-of';

function failedBy(cause: Error): ActivityFailure {
  return new ActivityFailure('Activity task failed', 'askModel', '1', RetryState.TIMEOUT, 'worker', cause);
}

describe('reasonOf', () => {
  it.each([TimeoutType.SCHEDULE_TO_START, TimeoutType.START_TO_CLOSE])(
    'tells in words what Temporal calls a timeout (%s)',
    (type) => {
      const timeout = new TimeoutFailure(`activity ${type} timeout`, undefined, type);
      expect(reasonOf(failedBy(timeout))).toBe('it took too long');
    },
  );

  it('tells what the activity said, fit for one line of a report', () => {
    const failure = ApplicationFailure.create({ message: "the model's server\u001b[2J\nanswered 500" });
    expect(reasonOf(failedBy(failure))).toBe("the model's server [2J answered 500");
    expect(reasonOf('odd')).toBe('unknown');
  });
});
