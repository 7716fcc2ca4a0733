/** How the work shares its thread. */
export interface Turns {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Lets others run before it resolves. */
  readonly pause: () => Promise<void>;
  readonly budgetMs: number;
}

const USUAL_TURNS: Turns = {
  now: () => performance.now(),
  pause: () => new Promise((resolve) => setImmediate(resolve)),
  budgetMs: 8,
};

/**
 * Runs work that pauses now and then, for at most `budgetMs` at a stretch, so that a long computation never blocks the
 * event loop. Work that took half of that also gives way at its end, for often much more of it follows. Throws what the work throws, and the signal's reason when it is aborted.
 */
export async function inTurns<Result>(
  work: Generator<undefined, Result>,
  signal?: AbortSignal,
  { now, pause, budgetMs }: Turns = USUAL_TURNS,
): Promise<Result> {
  let turnEndsAtMs = now() + budgetMs;
  for (;;) {
    const step = work.next();
    if (step.done === true) {
      if (turnEndsAtMs - now() <= budgetMs / 2) await pause();
      return step.value;
    }
    if (now() < turnEndsAtMs) continue;
    await pause();
    signal?.throwIfAborted();
    turnEndsAtMs = now() + budgetMs;
  }
}
