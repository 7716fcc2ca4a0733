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
    expect(await inTurns(counting(8, done), undefined, turns(done, 4))).toBe('result');
    const steps = (from: number) => [0, 1, 2, 3].map((index) => `step ${from + index}`);
    expect(done).toEqual([...steps(0), 'others', ...steps(4), 'others']);
  });

  it('gives way at the end of work that took half of the budget, and not at that of less', async () => {
    const done: string[] = [];
    for (const steps of [1, 3]) await inTurns(counting(steps, done), undefined, turns(done, 6));
    expect(done).toEqual(['step 0', 'step 0', 'step 1', 'step 2', 'others']);
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
    const giveUpAt = performance.now() + 10_000;
    // It ends by what a timer does, and by nothing else before the deadline.
    const work = (function* (): Generator<undefined, void> {
      while (ticks < 3 && performance.now() < giveUpAt) yield undefined;
    })();
    await inTurns(work);
    clearInterval(timer);
    expect(ticks).toBe(3);
  });
});
