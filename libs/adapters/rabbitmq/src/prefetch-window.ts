export interface WindowLimits {
  /** Bytes that a consumer may hold. */
  readonly maxBytes: number;
  /** Messages that a consumer may hold, however small they are. */
  readonly maxMessages: number;
}

/** Little enough that even the largest messages there can be fit into memory. */
const FIRST_PREFETCH = 8;
const GROWTH = 8;
const MEAN_WEIGHT = 0.05;

/**
 * How many messages to ask the broker for ahead. A broker bounds by count alone, and a count that is right for large
 * messages starves a writer of small ones (a bulk then waits for the next delivery), while one that is right for small
 * ones fills the memory with large ones. So the count follows the mean size of what comes.
 */
export class PrefetchWindow {
  prefetch = FIRST_PREFETCH;
  private meanBytes: number | undefined;
  private receivedSinceChange = 0;

  constructor(private readonly limits: WindowLimits) {}

  received(bytes: number): void {
    this.receivedSinceChange++;
    this.meanBytes =
      this.meanBytes === undefined ? bytes : this.meanBytes + (bytes - this.meanBytes) * MEAN_WEIGHT;
  }

  /** Mean size of a message; undefined before the first. */
  mean(): number | undefined {
    return this.meanBytes;
  }

  /** True where the present count is far from the right one; `prefetch` is the right one then. */
  shouldChange(): boolean {
    const { maxBytes, maxMessages } = this.limits;
    if (this.meanBytes === undefined || this.receivedSinceChange < Math.min(this.prefetch, FIRST_PREFETCH))
      return false;
    const fitting = Math.floor(maxBytes / Math.max(1, this.meanBytes));
    const wanted = Math.min(maxMessages, this.prefetch * GROWTH, Math.max(2, fitting));
    if (wanted < this.prefetch * 2 && wanted * 2 > this.prefetch) return false;
    this.prefetch = wanted;
    this.receivedSinceChange = 0;
    return true;
  }

  /** Large messages came where small ones were expected: no more until some are done with. */
  isOverfull(heldBytes: number): boolean {
    return heldBytes > 2 * this.limits.maxBytes;
  }

  hasRoom(heldBytes: number): boolean {
    return heldBytes < this.limits.maxBytes;
  }
}
