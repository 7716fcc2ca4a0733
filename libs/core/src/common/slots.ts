import { OpsError } from './errors';

/** So many at once, so many waiting, and no more. */
export class Slots {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
  ) {}

  /** Errors: OpsError `overloaded` where as many wait as may. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= this.atOnce) await this.wait();
    else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  private wait(): Promise<void> {
    if (this.waiting.length >= this.mostWaiting) {
      throw new OpsError(
        'overloaded',
        'OPS_ANALYSIS_BUSY',
        'too many analyses are waiting; try again shortly',
        { retryAfterSeconds: 2 },
      );
    }
    // The slot is handed over, so that nobody overtakes.
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
