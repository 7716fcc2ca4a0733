import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import { PREVIEW_BYTES, previewOf } from '../../../core/src/ingest/dead-letter-preview';
import {
  type BatchMessage,
  type DeadLetter,
  type DeadLetterList,
  type DeadLetterContent,
  type Delivery,
  EXHAUSTED_REASON,
  IngestQueue,
  type IngestQueueName,
  type QueueDepth,
  type ReleaseCause,
  type TakeOptions,
} from '../../../core/src/ingest/ingest-queue.port';
import { laneToTake, leadAfter } from '../../../core/src/ingest/queue-lane';
import { RecentDepths } from '../../../core/src/ingest/recent-depths';
import type { EncodedBatch } from '../../../core/src/ingest/write-outcome';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { onEngine } from './engine-error';
import { MessagePublisher } from './message-publisher';
import * as sql from './ingest-queue-statements';
import type { WarningLog } from './postgres-listener';
import { QueueWakeUps } from './queue-wake-ups';
import { removeDeadLetters } from './remove-dead-letters';

export interface PostgresIngestQueueOptions {
  /** Deliveries before a message becomes a dead letter. */
  readonly maxAttempts: number;
  /** While more bytes wait in a queue, what comes passes them. */
  readonly maxFreshBytes: number;
  readonly log: WarningLog;
  /** How often a waiting taker looks although nobody announced anything. Default 1000. */
  readonly pollMs?: number;
  /** How old an answer of `depth` may be. */
  readonly depthMaxAgeMs?: number;
}

interface MessageRow {
  readonly id: number;
  readonly project_id: string;
  readonly request_id: string;
  readonly body: Buffer;
  readonly record_count: number;
  readonly attempts: number;
  readonly is_backlog: boolean;
}

/** What this process knows of a queue that it takes from. */
interface Turns {
  /** Whether more waited at the last take than what comes may wait for. */
  hasBacklog: boolean;
  /** Of the newest, as leadAfter counts it. */
  lead: number;
}

interface DeadLetterRow {
  readonly id: number;
  readonly reason: string;
  readonly queued_at: Date;
  readonly failed_at: Date;
  readonly attempts: number;
  readonly record_count: number;
  readonly preview: Buffer;
}

interface DeadLetterContentRow extends DeadLetterRow {
  readonly body: Buffer;
  readonly request_id: string;
}

const DEFAULT_POLL_MS = 1000;

/**
 * The ingest queue in a table, taken from with FOR UPDATE SKIP LOCKED. A taken message stays in the table, invisible until
 * its lease ends. A delivery's id is the row and the lease it was taken under:
 * - acknowledge goes by the row alone. Consumers acknowledge what the store has, so the message is done even where its
 *   lease ended and somebody else holds it again: writing twice changes nothing, delivering once more only costs.
 * - release goes by both, or a late release would pull the message from under its present holder.
 * Behind a backlog most takes begin with the newest, and the others with the oldest: no lanes as on a broker, which can only
 * be read from one end.
 */
export class PostgresIngestQueue extends IngestQueue {
  private readonly wakeUps: QueueWakeUps;
  private readonly publisher: MessagePublisher;
  private readonly depths: RecentDepths;
  private readonly turns = new Map<IngestQueueName, Turns>();

  constructor(
    private readonly pool: Pool,
    private readonly options: PostgresIngestQueueOptions,
  ) {
    super();
    this.wakeUps = new QueueWakeUps(pool, options.log);
    this.publisher = new MessagePublisher(pool);
    this.depths = new RecentDepths(options.depthMaxAgeMs);
  }

  override async publish(
    scope: ProjectScope,
    queue: IngestQueueName,
    ...messages: readonly Omit<BatchMessage, 'projectId'>[]
  ): Promise<void> {
    const { projectId } = scope;
    const bytes = messages.reduce((sum, { ndjson }) => sum + ndjson.length, 0);
    const end = this.depths.publishing(queue, { messages: messages.length, bytes });
    try {
      await onEngine(() =>
        this.publisher.publish(messages.map((message) => ({ ...message, queue, projectId }))),
      );
    } finally {
      end();
    }
    this.wakeUps.announce(queue);
  }

  /** A message is a row of its own, and far smaller than a row may be. */
  override checkSize(): void {}

  override async take(
    queue: IngestQueueName,
    options: TakeOptions,
    signal?: AbortSignal,
  ): Promise<readonly Delivery[]> {
    const giveUpAtMs = performance.now() + options.waitMs;
    for (;;) {
      const version = this.wakeUps.version(queue);
      const deliveries = await onEngine(() => this.takeNow(queue, options));
      const remainingMs = giveUpAtMs - performance.now();
      if (deliveries.length > 0 || remainingMs <= 0) return deliveries;
      const pollMs = Math.min(this.options.pollMs ?? DEFAULT_POLL_MS, remainingMs);
      await this.wakeUps.wait(queue, version, pollMs, signal);
      if (signal?.aborted === true || this.wakeUps.isClosed()) return [];
    }
  }

  override async acknowledge(_queue: IngestQueueName, deliveries: readonly Delivery[]): Promise<void> {
    const { ids } = parseDeliveryIds(deliveries);
    await onEngine(() => this.pool.query(sql.ACKNOWLEDGE, [ids]));
  }

  override async release(
    queue: IngestQueueName,
    deliveries: readonly Delivery[],
    cause: ReleaseCause,
  ): Promise<void> {
    const { ids, tokens } = parseDeliveryIds(deliveries);
    const { maxAttempts } = this.options;
    await onEngine(() =>
      this.pool.query(sql.RELEASE, [
        ids,
        tokens,
        cause.delayMs,
        maxAttempts,
        cause.reason,
        cause.isBlameless === true,
      ]),
    );
    this.wakeUps.announceAfter(queue, cause.delayMs);
  }

  override async deadLetter(
    scope: ProjectScope,
    queue: IngestQueueName,
    batch: EncodedBatch,
    reason: string,
  ): Promise<void> {
    const body = Buffer.from(batch.ndjson.buffer, batch.ndjson.byteOffset, batch.ndjson.byteLength);
    await onEngine(() =>
      this.pool.query(sql.DEAD_LETTER, [queue, scope.projectId, body, batch.recordCount, reason]),
    );
  }

  /** Counted exactly, by an index. */
  override depth(queue: IngestQueueName): Promise<QueueDepth> {
    return this.depths.of(queue, () => onEngine(() => this.countDepth(queue)));
  }

  override async deadLettersByProject(queue: IngestQueueName): Promise<ReadonlyMap<ProjectId, number>> {
    const { rows } = await onEngine(() =>
      this.pool.query<{ project_id: string; count: number }>(sql.DEAD_LETTERS_BY_PROJECT, [queue]),
    );
    return new Map(rows.map(({ project_id: id, count }) => [asId<ProjectId>(id), count]));
  }

  override async listDeadLetters(
    scope: ProjectScope,
    queue: IngestQueueName,
    limit: number,
  ): Promise<DeadLetterList> {
    const { rows } = await onEngine(() =>
      this.pool.query<DeadLetterRow>(sql.LIST_DEAD_LETTERS, [
        scope.projectId,
        queue,
        PREVIEW_BYTES,
        limit + 1,
      ]),
    );
    const letters = rows.slice(0, limit).map((row) => toDeadLetter(queue, row));
    return { letters, mayBeMore: rows.length > limit };
  }

  override async findDeadLetter(
    scope: ProjectScope,
    queue: IngestQueueName,
    deadLetterId: string,
  ): Promise<DeadLetterContent | undefined> {
    const { rows } = await onEngine(() =>
      this.pool.query<DeadLetterContentRow>(sql.FIND_DEAD_LETTER, [
        scope.projectId,
        queue,
        PREVIEW_BYTES,
        deadLetterId,
      ]),
    );
    const [row] = rows;
    return row && { ...toDeadLetter(queue, row), ndjson: row.body, requestId: row.request_id };
  }

  override async replayDeadLetters(
    scope: ProjectScope,
    queue: IngestQueueName,
    deadLetterIds?: readonly string[],
  ): Promise<number> {
    const onStep = () => this.wakeUps.announce(queue);
    return onEngine(() => removeDeadLetters(this.pool, { scope, queue, deadLetterIds, to: 'queue', onStep }));
  }

  override async discardDeadLetters(
    scope: ProjectScope,
    queue: IngestQueueName,
    deadLetterIds?: readonly string[],
  ): Promise<number> {
    return onEngine(() => removeDeadLetters(this.pool, { scope, queue, deadLetterIds, to: 'nowhere' }));
  }

  /** Ends the listener's connection and wakes whoever waits. Call before the pool's end. */
  close(): Promise<void> {
    return this.wakeUps.close();
  }

  private async takeNow(queue: IngestQueueName, options: TakeOptions): Promise<readonly Delivery[]> {
    const token = randomUUID();
    const turns = this.turns.get(queue) ?? { hasBacklog: false, lead: 0 };
    this.turns.set(queue, turns);
    const has = { fresh: turns.hasBacklog, backlog: true };
    const lane = laneToTake(turns.lead, has) ?? 'backlog';
    const { rows } = await this.pool.query<MessageRow>(lane === 'fresh' ? sql.TAKE_NEWEST : sql.TAKE_OLDEST, [
      queue,
      options.maxMessages,
      options.maxBytes,
      options.leaseMs,
      token,
      this.options.maxAttempts,
      EXHAUSTED_REASON,
      this.options.maxFreshBytes,
    ]);
    const bytes = rows.reduce((sum, { body }) => sum + body.length, 0);
    turns.lead = leadAfter(turns.lead, lane, bytes, has);
    turns.hasBacklog = rows[0]?.is_backlog === true;
    return rows.map((row) => ({
      deliveryId: `${row.id}.${token}`,
      attempt: row.attempts,
      message: {
        projectId: asId<ProjectId>(row.project_id),
        requestId: row.request_id,
        ndjson: row.body,
        recordCount: row.record_count,
      },
    }));
  }

  private async countDepth(queue: IngestQueueName): Promise<QueueDepth> {
    const { rows } = await this.pool.query<QueueDepth>(sql.DEPTH, [queue]);
    return rows[0] ?? { messages: 0, bytes: 0, oldestAgeMs: 0, deadLetters: 0 };
  }
}

function parseDeliveryIds(deliveries: readonly Delivery[]): { ids: string[]; tokens: string[] } {
  const parts = deliveries.map(({ deliveryId }) => deliveryId.split('.'));
  return { ids: parts.map(([id]) => id ?? ''), tokens: parts.map(([, token]) => token ?? '') };
}

function toDeadLetter(queue: IngestQueueName, row: DeadLetterRow): DeadLetter {
  return {
    deadLetterId: String(row.id),
    queue,
    reason: row.reason,
    queuedAtMs: row.queued_at.getTime(),
    failedAtMs: row.failed_at.getTime(),
    attempts: row.attempts,
    recordCount: row.record_count,
    preview: previewOf(row.preview),
  };
}
