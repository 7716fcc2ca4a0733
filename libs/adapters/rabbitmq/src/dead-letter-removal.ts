import type { EnvelopePart } from '../../../contracts/src/queue-envelope.message';
import type { DeadLetter } from '../../../core/src/ingest/ingest-queue.port';

/** One batch of a dead message, as it was found. */
export interface FoundLetter {
  readonly letter: DeadLetter;
  readonly part: EnvelopePart;
}

/** What to do with a message: hand on what is wanted of it, put the rest back at the queue's end, and take the message away. */
interface Removal {
  readonly wanted: readonly FoundLetter[];
  readonly rest: readonly FoundLetter[];
}

interface RemovalRequest {
  /** All letters of the project where it is absent. */
  readonly ids: readonly string[] | undefined;
  /** What is replayed may fail once more and come again, and then it stays; what is discarded does not. */
  readonly isReplay: boolean;
  /** Messages that may be held while others are looked at. */
  readonly maxHeld: number;
}

/** Decides which letters leave a queue that is gone through from its beginning, and when that is over. */
export class DeadLetterRemoval {
  private readonly chosen: ReadonlySet<string> | undefined;
  private readonly removed = new Set<string>();
  /** Of `removed`: where there are copies of these, they were there before. */
  private ofThisBatch = new Set<string>();
  private lastBatch = 0;
  private held = 0;
  private firstPutBack: string | undefined;

  constructor(private readonly request: RemovalRequest) {
    this.chosen = request.ids === undefined ? undefined : new Set(request.ids);
  }

  /** Letters, each counted once however many copies of it there were. */
  get count(): number {
    return this.removed.size;
  }

  /**
   * The next message: `over` where all has been seen, `held` where it stays where it is for now.
   * @param mine those of `found` that are the project's
   * @param batch number of the look that brought it; what one look brought was all there before any of it is seen
   */
  next(
    found: readonly FoundLetter[],
    mine: readonly FoundLetter[],
    batch: number,
  ): Removal | 'held' | 'over' {
    if (batch !== this.lastBatch) {
      if (this.removed.size === this.chosen?.size) return 'over';
      this.lastBatch = batch;
      this.ofThisBatch = new Set();
    }
    const [first] = found;
    if (first !== undefined && idOf(first) === this.firstPutBack) return 'over';
    const wanted = mine.filter((one) => this.isWanted(idOf(one)));
    const going = new Set([...mine.filter((one) => this.isCopy(idOf(one))), ...wanted]);
    if (going.size === 0 && (this.held < this.request.maxHeld || found.length === 0)) {
      this.held++;
      return 'held';
    }
    for (const one of wanted) {
      this.removed.add(idOf(one));
      this.ofThisBatch.add(idOf(one));
    }
    const rest = found.filter((one) => !going.has(one));
    this.firstPutBack ??= rest[0] && idOf(rest[0]);
    return { wanted, rest };
  }

  private isWanted(id: string): boolean {
    return !this.removed.has(id) && (this.chosen === undefined || this.chosen.has(id));
  }

  private isCopy(id: string): boolean {
    return this.ofThisBatch.has(id) || (!this.request.isReplay && this.removed.has(id));
  }
}

function idOf({ letter }: FoundLetter): string {
  return letter.deadLetterId;
}
