import type { State } from '@temporalio/worker';
import { failedForGood } from './failed-for-good';

const fine = { getState: () => 'RUNNING' as const };
const soon = { lookEveryMs: 1, endWithinMs: 1 };

describe('failedForGood', () => {
  it('gives up where one of the workers failed and does not end, though not where one is only shutting down', async () => {
    const states: State[] = ['RUNNING', 'STOPPING', 'FAILED'];
    const worker = { getState: () => states.shift() ?? 'FAILED' };
    await expect(failedForGood([fine, worker], new AbortController().signal, soon)).rejects.toThrow(
      'the workflow worker has failed',
    );
    expect(states).toEqual([]);
  });

  it('looks no more when the worker has come to its end', async () => {
    const ended = new AbortController();
    const looking = failedForGood([fine], ended.signal, soon);
    ended.abort();
    await expect(looking).rejects.toMatchObject({ name: 'AbortError' });
  });
});
