import { admitBatch } from './admit-batch';

const LIMITS = { maxMessages: 100, maxBytes: 1000, maxDeadLetters: 10, maxOwnDeadLetters: 4 };

describe('admitBatch', () => {
  it.each<[string, number, number, number, number | undefined]>([
    ['an empty queue', 0, 0, 0, undefined],
    ['one that is nearly full', 99, 999, 60_000, undefined],
    ['one that is full and moves fast: the least wait', 100, 0, 500, 1],
    ['one that is full and took 50 s to drain: a tenth of that', 100, 0, 50_000, 5],
    ['one that is full by bytes', 1, 2000, 20_000, 11],
    ['one that stands still: the longest wait', 500, 0, 3_600_000, 60],
  ])('judges %s', (_, messages, bytes, oldestAgeMs, retryAfterSeconds) => {
    const admission = admitBatch({ messages, bytes, oldestAgeMs, deadLetters: 0 }, LIMITS);
    expect(admission.admitted ? undefined : admission.retryAfterSeconds).toBe(retryAfterSeconds);
  });

  it('takes nothing more where nobody looks after the dead letters, and says what to do', () => {
    const empty = { messages: 0, bytes: 0, oldestAgeMs: 0 };
    expect(admitBatch({ ...empty, deadLetters: 9 }, LIMITS)).toEqual({ admitted: true });
    expect(admitBatch({ ...empty, deadLetters: 10 }, LIMITS)).toEqual({
      admitted: false,
      reason: '10 dead letters are set aside; the limit is 10: replay or discard them',
      retryAfterSeconds: 60,
    });
  });

  it('takes nothing more of a project with too many dead letters, and goes on with the others', () => {
    const depth = { messages: 0, bytes: 0, oldestAgeMs: 0, deadLetters: 5 };
    expect(admitBatch(depth, LIMITS, 3)).toEqual({ admitted: true });
    expect(admitBatch(depth, LIMITS, 4)).toEqual({
      admitted: false,
      reason: '4 dead letters of this project are set aside; the limit is 4: replay or discard them',
      retryAfterSeconds: 60,
    });
  });

  it('says which limit was met', () => {
    const depth = { messages: 1, bytes: 2000, oldestAgeMs: 0, deadLetters: 0 };
    expect(admitBatch(depth, LIMITS)).toMatchObject({ reason: '2000 bytes wait; the limit is 1000' });
    expect(admitBatch({ ...depth, messages: 300 }, LIMITS)).toMatchObject({
      reason: '300 messages wait; the limit is 100',
    });
  });
});
