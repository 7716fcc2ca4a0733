/**
 * Runs pieces of work that take long one at a time, each in a turn of the event loop of its own. Many large batches that
 * come together would otherwise be worked off back to back, and everything small would wait for all of them.
 */
export class OneATurn {
  private last: Promise<unknown> = Promise.resolve();

  run<Result>(work: () => Result): Promise<Result> {
    const mine = this.last.then(() => nextTurn()).then(work);
    // The next one begins whatever became of this one; its own caller hears of a failure.
    this.last = mine.catch(() => undefined);
    return mine;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
