export interface WindowLimits {
  /** Bytes that a consumer may hold. */
  readonly maxBytes: number;
  /** Messages that a consumer may hold, however small they are. */
  readonly maxMessages: number;
}

/** What of the messages that came is not done with. */
interface Held {
  readonly messages: number;
  readonly bytes: number;
}

/** Little enough that even the largest messages there can be fit into memory, on both lanes of a queue. */
const FIRST_PREFETCH = 4;
const GROWTH = 16;
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
  private share = 1;

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

  /**
   * True where the present count is far from the right one; `prefetch` is the right one then.
   * @param share what it may have of the limits now; another one than before is followed at once
   */
  shouldChange(share: number): boolean {
    const { maxBytes, maxMessages } = this.limits;
    const hasShare = share === this.share;
    const isEarly = this.receivedSinceChange < Math.min(this.prefetch, FIRST_PREFETCH);
    if (this.meanBytes === undefined || (hasShare && isEarly)) return false;
    const fitting = Math.floor((maxBytes * share) / Math.max(1, this.meanBytes));
    const most = Math.min(Math.floor(maxMessages * share), this.prefetch * GROWTH, fitting);
    const wanted = Math.max(2, most);
    if (hasShare && wanted < this.prefetch * 2 && wanted * 2 > this.prefetch) return false;
    this.share = share;
    if (wanted === this.prefetch) return false;
    this.prefetch = wanted;
    this.receivedSinceChange = 0;
    return true;
  }

  /** What is held, as a share of what may be. */
  shareHeld({ messages, bytes }: Held): number {
    return Math.max(bytes / this.limits.maxBytes, messages / this.limits.maxMessages);
  }

  /** Large messages came where small ones were expected: no more until some are done with. */
  isOverfull(heldBytes: number): boolean {
    return heldBytes > 2 * this.limits.maxBytes;
  }

  /** Less is held than was asked for, and less than this window's share. */
  hasRoom({ messages, bytes }: Held): boolean {
    return messages < this.prefetch && bytes < this.share * this.limits.maxBytes;
  }
}
