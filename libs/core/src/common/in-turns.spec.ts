import { inTurns } from './in-turns';

function* counting(steps: number, done: string[]): Generator<undefined, string> {
  for (let step = 0; step < steps; step += 1) {
    done.push(`step ${step}`);
    yield undefined;
  }
  return 'result';
}

/** A clock that a step costs one millisecond of. */
function turns(done: string[], budgetMs: number) {
  let now = 0;
  return { now: () => now++, budgetMs, pause: async () => void done.push('others') };
}

describe('inTurns', () => {
  it('gives way whenever the budget is used up, and returns the result', async () => {
    const done: string[] = [];
    expect(await inTurns(counting(4, done), undefined, turns(done, 2))).toBe('result');
    expect(done).toEqual(['step 0', 'step 1', 'others', 'step 2', 'step 3', 'others']);
  });

  it('stops at a pause once it is aborted', async () => {
    const done: string[] = [];
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    await expect(inTurns(counting(10, done), abort.signal, turns(done, 2))).rejects.toThrow('enough');
    expect(done).toEqual(['step 0', 'step 1', 'others']);
  });

  it('lets timers run while it works', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    const work = (function* (): Generator<undefined, void> {
      const endAt = performance.now() + 100;
      while (performance.now() < endAt) yield undefined;
    })();
    await inTurns(work);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });
});
