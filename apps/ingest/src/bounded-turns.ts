/** Makes something in slices of work, and says after each how many bytes it has so far. */
export type Making<Made extends { readonly bytes: number }> = Generator<number, Made>;

/** What one request has made. */
export interface Share {
  bytes: number;
  /** It takes no more turns, and is given back without one. */
  isWhole: boolean;
}

/** Begins somebody's turn. */
type Begin = () => void;

/**
 * Lets many requests make their messages in slices, one slice in each turn of the event loop: worked off back to back, large ones would keep
 * everything small waiting. What they have made has a limit until it is given back, for messages can be twenty times what came, and of
 * requests that take turns all are half done at once. So from half of the limit on they are made whole one after the other, and from the limit
 * on none is begun.
 */
export class BoundedTurns {
  private readonly waitingForFirst: Begin[] = [];
  private readonly waitingForNext: Begin[] = [];
  private bytes = 0;
  private wholeBytes = 0;
  private isScheduled = false;

  /** @param maxBytes exceeded at most by what a slice and one request make */
  constructor(private readonly maxBytes: number) {}

  /** For one request. To be ended, whatever becomes of it: others may wait for that. */
  begin(): Share {
    return { bytes: 0, isWhole: false };
  }

  /**
   * Begins at once where there is room, so that small requests wait for nobody. What the share had before must have been let go of.
   * Throws what the making throws.
   */
  async make<Made extends { readonly bytes: number }>(share: Share, making: Making<Made>): Promise<Made> {
    this.set(share, 0, false);
    if (this.isFull || this.waitingForFirst.length > 0)
      await this.turn((begin) => this.waitingForFirst.push(begin));
    let slice = making.next();
    let goesOn = false;
    while (slice.done !== true) {
      this.set(share, slice.value, false);
      const isFirstInLine = goesOn && this.isHalfFull;
      await this.turn((begin) =>
        isFirstInLine ? this.waitingForNext.unshift(begin) : this.waitingForNext.push(begin),
      );
      slice = making.next();
      goesOn = true;
    }
    this.set(share, slice.value.bytes, true);
    return slice.value;
  }

  /** To be called when nobody needs what was made any more. */
  end(share: Share): void {
    this.set(share, 0, false);
  }

  private get isFull(): boolean {
    return this.bytes >= this.maxBytes;
  }

  private get isHalfFull(): boolean {
    return this.bytes >= this.maxBytes / 2;
  }

  private set(share: Share, bytes: number, isWhole: boolean): void {
    this.bytes += bytes - share.bytes;
    this.wholeBytes += (isWhole ? bytes : 0) - (share.isWhole ? share.bytes : 0);
    share.bytes = bytes;
    share.isWhole = isWhole;
    this.schedule();
  }

  private turn(getInLine: (begin: Begin) => void): Promise<void> {
    return new Promise((resolve) => {
      getInLine(resolve);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled || this.waitingForFirst.length + this.waitingForNext.length === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      // The next turn is scheduled behind what this one brings about, when it says what it has made.
      this.takeNext()?.();
    });
  }

  /** Undefined where something must be given back first, which schedules anew. */
  private takeNext(): Begin | undefined {
    if (!this.isFull) return this.waitingForFirst.shift() ?? this.waitingForNext.shift();
    // Where nothing is whole nothing would ever be given back.
    return this.wholeBytes === 0 ? this.waitingForNext.shift() : undefined;
  }
}
