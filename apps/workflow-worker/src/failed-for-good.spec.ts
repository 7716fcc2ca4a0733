import type { State } from '@temporalio/worker';
import { failedForGood } from './failed-for-good';

const soon = { lookEveryMs: 1, endWithinMs: 1 };

describe('failedForGood', () => {
  it('gives up a worker that failed and does not end, though not one that is only shutting down', async () => {
    const states: State[] = ['RUNNING', 'STOPPING', 'FAILED'];
    const worker = { getState: () => states.shift() ?? 'FAILED' };
    await expect(failedForGood(worker, new AbortController().signal, soon)).rejects.toThrow(
      'the workflow worker has failed',
    );
    expect(states).toEqual([]);
  });

  it('looks no more when the worker has come to its end', async () => {
    const ended = new AbortController();
    const looking = failedForGood({ getState: () => 'RUNNING' }, ended.signal, soon);
    ended.abort();
    await expect(looking).rejects.toMatchObject({ name: 'AbortError' });
  });
});
