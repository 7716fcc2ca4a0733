import type { IngestQueueName, QueueDepth } from './ingest-queue.port';

const DEFAULT_MAX_AGE_MS = 300;

/** Answers about the depth of queues, kept for a moment: ingest asks before each batch, and an engine counts at some cost. */
export class RecentDepths {
  private readonly depths = new Map<IngestQueueName, Promise<QueueDepth>>();

  /** @param maxAgeMs how old an answer may be */
  constructor(private readonly maxAgeMs = DEFAULT_MAX_AGE_MS) {}

  /** The kept answer, or that of `ask`, which askers at the same time share. Errors: those of `ask`, which are not kept. */
  of(queue: IngestQueueName, ask: () => Promise<QueueDepth>): Promise<QueueDepth> {
    const known = this.depths.get(queue);
    if (known !== undefined) return known;
    const asked = ask();
    this.depths.set(queue, asked);
    const forget = () => this.depths.delete(queue);
    asked.then(() => setTimeout(forget, this.maxAgeMs).unref(), forget);
    return asked;
  }
}
