import type { Pool } from 'pg';
import type { BatchMessage, IngestQueueName } from '../../../core/src/ingest/ingest-queue.port';

interface PublishedMessage extends BatchMessage {
  readonly queue: IngestQueueName;
}

/** The messages of one publish, which are never split over two commits. */
interface Pending {
  readonly messages: readonly PublishedMessage[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const COLUMNS = '(queue, project_id, request_id, body, record_count, bytes)';
const PARAMETERS_PER_ROW = 6;
const MAX_ROWS = 64;
const MAX_BYTES = 1024 * 1024;
/** Small requests come by the hundred: while two commits are on their way to the disk, the next ones gather. */
const MAX_COMMITS_UNDER_WAY = 2;

/**
 * Writes messages durably. Publishes that come while commits are under way share the next one, so that many small
 * requests pay for few commits; a single one is written at once.
 */
export class MessagePublisher {
  private readonly pending: Pending[] = [];
  private commitsUnderWay = 0;

  constructor(private readonly pool: Pool) {}

  /** Resolves after the commit that holds all of them. Errors: those of the driver; then none of them is there. */
  publish(messages: readonly PublishedMessage[]): Promise<void> {
    if (messages.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.pending.push({ messages, resolve, reject });
      this.flush();
    });
  }

  private flush(): void {
    while (this.commitsUnderWay < MAX_COMMITS_UNDER_WAY && this.pending.length > 0) {
      this.commitsUnderWay++;
      void this.commit(this.takePending());
    }
  }

  private takePending(): readonly Pending[] {
    let bytes = 0;
    let rows = 0;
    let publishes = 0;
    for (const { messages } of this.pending) {
      bytes += messages.reduce((sum, message) => sum + message.ndjson.length, 0);
      rows += messages.length;
      if (publishes > 0 && (rows > MAX_ROWS || bytes > MAX_BYTES)) break;
      publishes++;
    }
    return this.pending.splice(0, publishes);
  }

  private async commit(batch: readonly Pending[]): Promise<void> {
    try {
      const messages = batch.flatMap((publish) => publish.messages);
      const rows = messages.map((_, row) => `(${placeholders(row * PARAMETERS_PER_ROW)})`);
      await this.pool.query({
        text: `INSERT INTO queue_messages ${COLUMNS} VALUES ${rows.join(', ')}`,
        values: messages.flatMap(valuesOf),
      });
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.commitsUnderWay--;
      this.flush();
    }
  }
}

function placeholders(offset: number): string {
  return Array.from({ length: PARAMETERS_PER_ROW }, (_, index) => `$${offset + index + 1}`).join(', ');
}

function valuesOf(message: PublishedMessage): readonly unknown[] {
  const { ndjson } = message;
  const body = Buffer.from(ndjson.buffer, ndjson.byteOffset, ndjson.byteLength);
  return [message.queue, message.projectId, message.requestId, body, message.recordCount, ndjson.length];
}
