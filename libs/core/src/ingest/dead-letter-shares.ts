import type { ProjectId } from '../common/ids';
import type { IngestQueueName } from './ingest-queue.port';

type Counts = ReadonlyMap<ProjectId, number>;

interface KnownCounts {
  counts: Counts;
  isFresh: boolean;
}

const DEFAULT_MAX_AGE_MS = 30_000;

/**
 * How many dead letters each project has, as it was last answered: an engine may take seconds to say so, for which no request waits. Until the first
 * answer nobody has any.
 */
export class DeadLetterShares {
  private readonly queues = new Map<IngestQueueName, KnownCounts>();

  /** @param maxAgeMs how old an answer may be until the engine is asked again */
  constructor(private readonly maxAgeMs = DEFAULT_MAX_AGE_MS) {}

  /** What is known; asks for more where that is old. Where `ask` fails, it stays as it is. */
  of(queue: IngestQueueName, ask: () => Promise<Counts>): Counts {
    const known = this.queues.get(queue) ?? { counts: new Map(), isFresh: false };
    this.queues.set(queue, known);
    if (!known.isFresh) {
      known.isFresh = true;
      void this.refresh(known, ask);
    }
    return known.counts;
  }

  private async refresh(known: KnownCounts, ask: () => Promise<Counts>): Promise<void> {
    try {
      known.counts = await ask();
    } catch {
      // Whoever publishes to that engine is told what is the matter with it.
    }
    setTimeout(() => (known.isFresh = false), this.maxAgeMs).unref();
  }
}
