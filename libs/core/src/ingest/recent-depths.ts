import type { IngestQueueName, QueueDepth } from './ingest-queue.port';

type Amount = Pick<QueueDepth, 'messages' | 'bytes'>;

/** What an engine said, and all that it cannot have counted for sure. */
interface Reading {
  readonly asked: Promise<QueueDepth>;
  readonly publishedSince: { messages: number; bytes: number };
}

interface KnownQueue {
  reading: Reading | undefined;
  readonly underWay: { messages: number; bytes: number };
}

const DEFAULT_MAX_AGE_MS = 300;

/**
 * Answers about the depth of queues, kept for a moment: ingest asks before each batch, and an engine counts at some cost.
 * What this process publishes meanwhile is added, so that it never takes a queue for emptier than it has filled it itself; for
 * fuller it may, by what was stored since, until the engine is asked again.
 */
export class RecentDepths {
  private readonly queues = new Map<IngestQueueName, KnownQueue>();

  /** @param maxAgeMs how old an answer may be */
  constructor(private readonly maxAgeMs = DEFAULT_MAX_AGE_MS) {}

  /** The kept answer, or that of `ask`, which askers at the same time share. Errors: those of `ask`, which are not kept. */
  async of(queue: IngestQueueName, ask: () => Promise<QueueDepth>): Promise<QueueDepth> {
    const known = this.known(queue);
    const reading = known.reading ?? this.read(known, ask);
    const depth = await reading.asked;
    const { messages, bytes } = reading.publishedSince;
    return { ...depth, messages: depth.messages + messages, bytes: depth.bytes + bytes };
  }

  /** Counts what is being published from now on; returns what to call when the engine has it, or has refused it. */
  publishing(queue: IngestQueueName, { messages, bytes }: Amount): () => void {
    const { reading, underWay } = this.known(queue);
    for (const sum of reading === undefined ? [underWay] : [underWay, reading.publishedSince]) {
      sum.messages += messages;
      sum.bytes += bytes;
    }
    return () => {
      underWay.messages -= messages;
      underWay.bytes -= bytes;
    };
  }

  private read(known: KnownQueue, ask: () => Promise<QueueDepth>): Reading {
    const asked = ask();
    // What is under way now may reach the engine after it has counted.
    const reading = { asked, publishedSince: { ...known.underWay } };
    known.reading = reading;
    const forget = () => {
      known.reading = undefined;
    };
    asked.then(() => setTimeout(forget, this.maxAgeMs).unref(), forget);
    return reading;
  }

  private known(queue: IngestQueueName): KnownQueue {
    let known = this.queues.get(queue);
    if (known === undefined) {
      known = { reading: undefined, underWay: { messages: 0, bytes: 0 } };
      this.queues.set(queue, known);
    }
    return known;
  }
}
