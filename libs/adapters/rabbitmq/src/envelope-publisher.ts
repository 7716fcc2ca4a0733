import { type EnvelopePart, checkParts } from '../../../contracts/src/queue-envelope.message';
import type { Clock } from '../../../core/src/common/clock';
import type { ConfirmedPublisher } from './confirmed-publisher';
import { MAX_PUBLISHED_BYTES } from './message-content';
import type { PublishHistory } from './publish-history';

/** The batches of one publish, which are never split over two messages of the broker. */
interface Pending {
  readonly parts: readonly EnvelopePart[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A publish of this size gains nothing by waiting for others. */
const LARGE_BYTES = 64 * 1024;
const MAX_BYTES = 256 * 1024;
/** Small requests come by the hundred: while two messages are on their way to the disk, the next ones gather. */
const MAX_SMALL_UNDER_WAY = 2;

/**
 * Puts batches into one queue. Small ones that come while others are under way share the next message: a record a message
 * costs the broker ten times the CPU. A single one is sent at once. The history learns of each message as the broker counts it.
 */
export class EnvelopePublisher {
  private readonly pending: Pending[] = [];
  private smallUnderWay = 0;

  constructor(
    private readonly publisher: ConfirmedPublisher,
    private readonly queueName: string,
    private readonly clock: Clock,
    private readonly history: PublishHistory,
  ) {}

  /** Resolves after all of them are on the broker's disk. Errors: those of ConfirmedPublisher. */
  async publish(parts: readonly EnvelopePart[]): Promise<void> {
    if (parts.length === 0) return;
    // Here, where it fails only its own publish.
    checkParts(parts);
    const bytes = parts.reduce((sum, { message }) => sum + message.ndjson.length, 0);
    if (bytes >= LARGE_BYTES) return this.send(parts, bytes);
    await new Promise<void>((resolve, reject) => {
      this.pending.push({ parts, bytes, resolve, reject });
      this.flush();
    });
  }

  private flush(): void {
    while (this.smallUnderWay < MAX_SMALL_UNDER_WAY && this.pending.length > 0) {
      this.smallUnderWay++;
      void this.sendTogether(this.takePending());
    }
  }

  private takePending(): readonly Pending[] {
    let bytes = 0;
    let publishes = 0;
    for (const pending of this.pending) {
      bytes += pending.bytes;
      if (publishes > 0 && bytes > MAX_BYTES) break;
      publishes++;
    }
    return this.pending.splice(0, publishes);
  }

  private async sendTogether(batch: readonly Pending[]): Promise<void> {
    try {
      const bytes = batch.reduce((sum, pending) => sum + pending.bytes, 0);
      await this.send(
        batch.flatMap(({ parts }) => parts),
        bytes,
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.smallUnderWay--;
      this.flush();
    }
  }

  private async send(parts: readonly EnvelopePart[], bytes: number): Promise<void> {
    const envelope = { publishedAtMs: this.clock.now(), parts };
    await this.publisher.publish(this.queueName, envelope, MAX_PUBLISHED_BYTES);
    this.history.add(bytes, this.clock.now());
  }
}
