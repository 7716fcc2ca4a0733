import { setImmediate } from 'node:timers/promises';

/** How often the event loop came round while the work was under way. Errors: those of the work. */
export async function countTurns(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  let turns = 0;
  while (!isDone) {
    await setImmediate();
    turns += 1;
  }
  await done;
  return turns;
}
