import type { ProjectId } from '../common/ids';
import type { ProjectScope } from '../projects/project-scope';
import type { QueueLane } from './queue-lane';
import type { EncodedBatch } from './write-outcome';

/** What ingest brings, and `alerts.evaluate`: requests to evaluate a project's rules without waiting for the schedule. */
export const INGEST_QUEUES = ['logs.ingest', 'metrics.ingest', 'events.ingest', 'alerts.evaluate'] as const;
export type IngestQueueName = (typeof INGEST_QUEUES)[number];

/** One message: the records of one project, in the form in which the store will keep them. */
export interface BatchMessage extends EncodedBatch {
  readonly projectId: ProjectId;
  /** The request that brought it, for log lines. */
  readonly requestId: string;
}

/** A message in a consumer's hands, until it is acknowledged, released or dead-lettered, or its lease ends. */
export interface Delivery {
  /** Opaque to consumers; unique among the messages in flight. */
  readonly deliveryId: string;
  readonly message: BatchMessage;
  /** 1 on the first delivery. */
  readonly attempt: number;
}

export interface TakeOptions {
  readonly maxMessages: number;
  /** A single message larger than this is still delivered, alone. */
  readonly maxBytes: number;
  /** How long a message stays invisible to others; after that it is delivered again. */
  readonly leaseMs: number;
  /** How long to wait for a first message before answering with none. */
  readonly waitMs: number;
}

/** Why deliveries are given back, and when others may have them. */
export interface ReleaseCause {
  readonly reason: string;
  readonly delayMs: number;
  /** Nothing was wrong with the messages: this delivery is not counted. */
  readonly isBlameless?: boolean;
}

export interface LaneDepth {
  readonly messages: number;
  readonly bytes: number;
  /** Age of the oldest message in milliseconds; 0 when empty. */
  readonly oldestAgeMs: number;
}

export interface QueueDepth extends LaneDepth {
  readonly deadLetters: number;
  /** The same by lane, where the engine keeps what is late apart from what is new. */
  readonly lanes?: Readonly<Record<QueueLane, LaneDepth>>;
}

/** Why a message is a dead letter where nobody gave a reason: its leases ended, or the processes that held it. */
export const EXHAUSTED_REASON = 'not acknowledged after the last permitted delivery';

export interface DeadLetter {
  readonly deadLetterId: string;
  readonly queue: IngestQueueName;
  readonly reason: string;
  /** When its records were put into the queue. */
  readonly queuedAtMs: number;
  /** When it was set aside. */
  readonly failedAtMs: number;
  readonly attempts: number;
  readonly recordCount: number;
  /** The first bytes of its NDJSON, for a person to look at. */
  readonly preview: string;
}

/** Some dead letters of one project in one queue. */
export interface DeadLetterList {
  readonly letters: readonly DeadLetter[];
  /** Whether there are, or may be, others than these. */
  readonly mayBeMore: boolean;
}

/** A dead letter with all that it holds. */
export interface DeadLetterContent extends DeadLetter, EncodedBatch {
  /** The request that brought its records; empty where only some of a batch were refused. */
  readonly requestId: string;
}

/** The durable queue between accepting and storing. At least once: a message is delivered until it is acknowledged. */
export abstract class IngestQueue {
  /**
   * Resolves after the engine has the message on disk. Several messages are one step: all are on disk, or none is, so
   * that a request which needs more than one message is never half accepted. Once resolved, the bytes are not read again: their owner
   * may write over them. Errors: OpsError `unavailable`.
   */
  abstract publish(
    scope: ProjectScope,
    queue: IngestQueueName,
    ...messages: readonly Omit<BatchMessage, 'projectId'>[]
  ): Promise<void>;
  /** Errors: OpsError `too_large` where so much never fits into one publish, whatever becomes of the engine. */
  abstract checkSize(scope: ProjectScope, ...messages: readonly Omit<BatchMessage, 'projectId'>[]): void;
  /**
   * Oldest first, as long as what waits is taken within seconds. Behind more than that, what is put now does not wait
   * until the backlog is drained, and the oldest still moves: of what is taken, at least a quarter is old.
   * Answers early with what there is; with none after `waitMs`, or at once when `signal` aborts.
   */
  abstract take(
    queue: IngestQueueName,
    options: TakeOptions,
    signal?: AbortSignal,
  ): Promise<readonly Delivery[]>;
  /**
   * Removes them for good. Acknowledging what is gone already is no error. From then on nobody may read their bytes: they are written
   * over by what comes next.
   */
  abstract acknowledge(queue: IngestQueueName, deliveries: readonly Delivery[]): Promise<void>;
  /**
   * Gives them back, to be delivered again after `delayMs`. After the engine's bound of attempts they go to the dead
   * letters. Where `isBlameless`, this delivery is not counted, not even where its lease has ended: nothing was wrong with the
   * messages, and however long a store is down or takes to say so, none of them may be buried for it.
   */
  abstract release(
    queue: IngestQueueName,
    deliveries: readonly Delivery[],
    cause: ReleaseCause,
  ): Promise<void>;
  /** Sets records aside with a reason: a whole delivery, or the refused lines of one. */
  abstract deadLetter(
    scope: ProjectScope,
    queue: IngestQueueName,
    batch: EncodedBatch,
    reason: string,
  ): Promise<void>;
  abstract depth(queue: IngestQueueName): Promise<QueueDepth>;
  /** How many dead letters of a queue each project has, where it has any: counted, or estimated from some where the engine cannot count them. */
  abstract deadLettersByProject(queue: IngestQueueName): Promise<ReadonlyMap<ProjectId, number>>;
  /** The newest of those that the engine can look at, newest first. */
  abstract listDeadLetters(
    scope: ProjectScope,
    queue: IngestQueueName,
    limit: number,
  ): Promise<DeadLetterList>;
  /** Undefined where the project has no such dead letter in that queue. */
  abstract findDeadLetter(
    scope: ProjectScope,
    queue: IngestQueueName,
    deadLetterId: string,
  ): Promise<DeadLetterContent | undefined>;
  /**
   * Puts dead letters back into their queue, with their attempts counted anew, and only then removes them: interrupted in
   * between, they are in both, and storing them twice changes nothing. All of the project's that are there at the beginning where no ids are
   * given. In steps: where it breaks off, what is done is done, and a repeat goes on. Returns how many.
   */
  abstract replayDeadLetters(
    scope: ProjectScope,
    queue: IngestQueueName,
    deadLetterIds?: readonly string[],
  ): Promise<number>;
  /**
   * Removes dead letters for good: their records are given up. Chosen, bounded, interrupted and counted as replayed ones; what is set
   * aside meanwhile stays.
   */
  abstract discardDeadLetters(
    scope: ProjectScope,
    queue: IngestQueueName,
    deadLetterIds?: readonly string[],
  ): Promise<number>;
}
