import type { Channel } from 'amqplib';
import type { EnvelopePart } from '../../../contracts/src/queue-envelope.message';
import type { ProjectId } from '../../../core/src/common/ids';
import type { Clock } from '../../../core/src/common/clock';
import {
  type BatchMessage,
  type DeadLetterList,
  type DeadLetterContent,
  type Delivery,
  INGEST_QUEUES,
  IngestQueue,
  type IngestQueueName,
  type LaneDepth,
  type QueueDepth,
  type ReleaseCause,
  type TakeOptions,
} from '../../../core/src/ingest/ingest-queue.port';
import { QUEUE_LANES, type QueueLane } from '../../../core/src/ingest/queue-lane';
import { RecentDepths } from '../../../core/src/ingest/recent-depths';
import type { EncodedBatch } from '../../../core/src/ingest/write-outcome';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { Logger } from '../../../observability/src/app-logger';
import type { Broker } from './broker';
import { BrokerChannel } from './broker-channel';
import { toBrokerError } from './broker-unavailable';
import { ConfirmedPublisher, checkEnvelopeSize } from './confirmed-publisher';
import { DeadLetterQueue } from './dead-letter-queue';
import { inTime } from './in-time';
import { LanePublisher } from './lane-publisher';
import { MAX_PUBLISHED_BYTES } from './message-content';
import type { WindowLimits } from './prefetch-window';
import { QueueConsumer } from './queue-consumer';
import {
  deadLetterQueueNameOf,
  declareDeadLetters,
  declareLane,
  declareQueues,
  laneNameOf,
} from './queue-topology';

export interface RabbitMqIngestQueueOptions {
  /** Deliveries before a message becomes a dead letter. */
  readonly maxAttempts: number;
  /** Of one consumer, for both lanes; a process has one for each queue that it takes from. */
  readonly window: WindowLimits;
  /** While more bytes wait in a queue's fresh lane, new batches go to its backlog. */
  readonly maxFreshBytes: number;
  /** Put before the names of all queues. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** How old an answer of `depth` may be. */
  readonly depthMaxAgeMs?: number;
  /** Longest wait for each of the answers that make a depth. */
  readonly depthAnswerTimeoutMs?: number;
  /** How often is looked whether messages wait that do not come. */
  readonly lookEveryMs?: number;
  /** Messages of the broker that a look into the dead letters holds. */
  readonly maxHeldDeadLetters?: number;
}

/** All of this process that serves one queue. */
interface QueueParts {
  readonly publisher: LanePublisher;
  readonly consumer: QueueConsumer;
  readonly dead: DeadLetterQueue;
}

/** Requests wait for three answers about the depth before they are let in. A broker that is slow gives all of them, one that hangs none. */
const DEPTH_ANSWER_TIMEOUT_MS = 5000;
const PUT_BACK_BYTES = 4 * 1024 * 1024;

/**
 * The ingest queue in quorum queues of RabbitMQ (3.10 to 4.3). Batches of one publish travel in one message of the
 * broker, so that they are all on its disk or none is. A queue has two lanes, each a queue of the broker (see QueueLane).
 * An acknowledgement goes by the message alone, as on other engines;
 * a release by the lease too. Messages are counted as the broker has them; of those that no consumer here holds, bytes
 * and age are estimates (see PublishHistory), for a broker tells neither.
 */
export class RabbitMqIngestQueue extends IngestQueue {
  private readonly confirmed: ConfirmedPublisher;
  private readonly asking: BrokerChannel<Channel>;
  private readonly queues: ReadonlyMap<IngestQueueName, QueueParts>;
  private readonly depths: RecentDepths;

  constructor(
    broker: Broker,
    private readonly options: RabbitMqIngestQueueOptions,
  ) {
    super();
    const { prefix } = options;
    this.depths = new RecentDepths(options.depthMaxAgeMs);
    this.confirmed = new ConfirmedPublisher(broker.publishing, prefix, broker.problems);
    this.asking = new BrokerChannel(broker.consuming, 'queues', broker.problems, async (model, onClose) => {
      const channel = await model.createChannel();
      channel.on('close', onClose);
      // What was asked fails with it.
      channel.on('error', () => undefined);
      await declareQueues(channel, prefix);
      return channel;
    });
    this.queues = new Map(INGEST_QUEUES.map((queue) => [queue, this.partsOf(queue, broker)]));
    // So that what is wrong with the queues is seen, and told, before the first record comes, however late the broker does.
    broker.consuming.onUp(() => void this.asking.get().catch(() => undefined));
  }

  override async publish(
    scope: ProjectScope,
    queue: IngestQueueName,
    ...messages: readonly Omit<BatchMessage, 'projectId'>[]
  ): Promise<void> {
    const { publisher } = this.of(queue);
    const bytes = messages.reduce((sum, { ndjson }) => sum + ndjson.length, 0);
    const end = this.depths.publishing(queue, { messages: 1, bytes });
    try {
      await publisher.publish(newParts(scope, messages));
    } finally {
      end();
    }
  }

  override checkSize(scope: ProjectScope, ...messages: readonly Omit<BatchMessage, 'projectId'>[]): void {
    const publishedAtMs = this.options.clock.now();
    checkEnvelopeSize({ publishedAtMs, parts: newParts(scope, messages) }, MAX_PUBLISHED_BYTES);
  }

  override async take(
    queue: IngestQueueName,
    options: TakeOptions,
    signal?: AbortSignal,
  ): Promise<readonly Delivery[]> {
    return this.of(queue).consumer.take(options, signal);
  }

  override acknowledge(queue: IngestQueueName, deliveries: readonly Delivery[]): Promise<void> {
    this.of(queue).consumer.acknowledge(deliveries);
    return Promise.resolve();
  }

  override async release(
    queue: IngestQueueName,
    deliveries: readonly Delivery[],
    cause: ReleaseCause,
  ): Promise<void> {
    await this.of(queue).consumer.release(deliveries, cause);
  }

  override async deadLetter(
    scope: ProjectScope,
    queue: IngestQueueName,
    batch: EncodedBatch,
    reason: string,
  ): Promise<void> {
    const message = { ...batch, projectId: scope.projectId, requestId: '' };
    await this.of(queue).dead.bury({ message, attempts: 1 }, this.options.clock.now(), reason);
  }

  override depth(queue: IngestQueueName): Promise<QueueDepth> {
    return this.depths.of(queue, () => this.askDepth(queue));
  }

  override deadLettersByProject(queue: IngestQueueName): Promise<ReadonlyMap<ProjectId, number>> {
    return this.of(queue).dead.countByProject();
  }

  override async listDeadLetters(
    scope: ProjectScope,
    queue: IngestQueueName,
    limit: number,
  ): Promise<DeadLetterList> {
    return this.of(queue).dead.list(scope, limit);
  }

  override async findDeadLetter(
    scope: ProjectScope,
    queue: IngestQueueName,
    deadLetterId: string,
  ): Promise<DeadLetterContent | undefined> {
    return this.of(queue).dead.find(scope, deadLetterId);
  }

  override async replayDeadLetters(
    scope: ProjectScope,
    queue: IngestQueueName,
    deadLetterIds?: readonly string[],
  ): Promise<number> {
    const { dead, publisher } = this.of(queue);
    return dead.replay(scope, deadLetterIds, (part) => publisher.publishLate([part]));
  }

  override async discardDeadLetters(
    scope: ProjectScope,
    queue: IngestQueueName,
    deadLetterIds?: readonly string[],
  ): Promise<number> {
    return this.of(queue).dead.discard(scope, deadLetterIds);
  }

  /** What the consumers of this process hold, for metrics. */
  held(queue: IngestQueueName): { readonly messages: number; readonly bytes: number } {
    const { consumer } = this.of(queue);
    return sumOf(QUEUE_LANES.map((lane) => consumer.stats(lane)));
  }

  /** Errors: OpsError `unavailable`, in words that say what to do, where a queue confirms nothing. */
  checkConfirms(): void {
    this.confirmed.checkConfirms();
  }

  /** Gives back what its consumers hold. Call before the broker's end. */
  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map(({ consumer }) => consumer.close()));
    await Promise.all([this.confirmed.close(), this.asking.close()]);
  }

  private of(queue: IngestQueueName): QueueParts {
    const parts = this.queues.get(queue);
    if (parts === undefined) throw new TypeError(`there is no queue ${queue}`);
    return parts;
  }

  private partsOf(queue: IngestQueueName, broker: Broker): QueueParts {
    const { prefix, maxAttempts, window, maxFreshBytes, log, clock, lookEveryMs, maxHeldDeadLetters } =
      this.options;
    const { confirmed } = this;
    const laneNames = {
      fresh: laneNameOf(prefix, queue, 'fresh'),
      backlog: laneNameOf(prefix, queue, 'backlog'),
    };
    const dead = new DeadLetterQueue({
      queue,
      queueName: deadLetterQueueNameOf(prefix, queue),
      connection: broker.consuming,
      publisher: confirmed,
      clock,
      ...(maxHeldDeadLetters !== undefined && { maxHeld: maxHeldDeadLetters }),
    });
    const consumer = new QueueConsumer({
      laneNames,
      prefix,
      connection: broker.consuming,
      problems: broker.problems,
      maxAttempts,
      window,
      ...(lookEveryMs !== undefined && { lookEveryMs }),
      log,
      bury: (part, publishedAtMs, reason) => dead.bury(part, publishedAtMs, reason),
      putBack: (lane, parts, publishedAtMs) => this.putBack(laneNames[lane], parts, publishedAtMs),
    });
    const publisher = new LanePublisher({ laneNames, publisher: confirmed, clock, maxFreshBytes });
    return { publisher, consumer, dead };
  }

  private async putBack(
    laneName: string,
    parts: readonly EnvelopePart[],
    publishedAtMs: number,
  ): Promise<void> {
    for (const some of inChunks(parts, PUT_BACK_BYTES))
      await this.confirmed.publish(laneName, { publishedAtMs, parts: some });
  }

  private async askDepth(queue: IngestQueueName): Promise<QueueDepth> {
    const { prefix, depthAnswerTimeoutMs = DEPTH_ANSWER_TIMEOUT_MS } = this.options;
    try {
      const channel = await this.asking.get();
      const inItsTime = (asked: ReturnType<typeof declareLane>) =>
        // What is asked next over this channel would wait behind it.
        inTime(asked, depthAnswerTimeoutMs, () => void this.asking.close());
      // By declaring them: a queue that somebody has made anew with other arguments may lose what the publisher's open channel still brings to it.
      const fresh = await inItsTime(declareLane(channel, prefix, queue, 'fresh'));
      const backlog = await inItsTime(declareLane(channel, prefix, queue, 'backlog'));
      const dead = await inItsTime(declareDeadLetters(channel, prefix, queue));
      const lanes = {
        fresh: this.laneDepth(queue, 'fresh', fresh.messageCount),
        backlog: this.laneDepth(queue, 'backlog', backlog.messageCount),
      };
      return {
        ...sumOf(Object.values(lanes)),
        oldestAgeMs: Math.max(lanes.fresh.oldestAgeMs, lanes.backlog.oldestAgeMs),
        deadLetters: dead.messageCount,
        lanes,
      };
    } catch (error) {
      throw toBrokerError(error);
    }
  }

  private laneDepth(queue: IngestQueueName, lane: QueueLane, ready: number): LaneDepth {
    const { consumer, publisher } = this.of(queue);
    const held = consumer.stats(lane);
    const waiting = publisher.waiting(lane, ready, held.meanBytes);
    return {
      messages: ready + held.messages,
      bytes: waiting.bytes + held.bytes,
      // What is held came before what waits.
      oldestAgeMs:
        held.oldestAtMs === undefined
          ? waiting.ageMs
          : Math.max(0, this.options.clock.now() - held.oldestAtMs),
    };
  }
}

function newParts(
  { projectId }: ProjectScope,
  messages: readonly Omit<BatchMessage, 'projectId'>[],
): readonly EnvelopePart[] {
  return messages.map((message) => ({ message: { ...message, projectId }, attempts: 0 }));
}

function sumOf(lanes: readonly { readonly messages: number; readonly bytes: number }[]) {
  return {
    messages: lanes.reduce((sum, { messages }) => sum + messages, 0),
    bytes: lanes.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** In order; a part that is larger by itself is a chunk of its own. */
function inChunks(parts: readonly EnvelopePart[], maxBytes: number): readonly (readonly EnvelopePart[])[] {
  const chunks: EnvelopePart[][] = [];
  let bytes = Infinity;
  for (const part of parts) {
    bytes += part.message.ndjson.length;
    if (bytes > maxBytes) {
      bytes = part.message.ndjson.length;
      chunks.push([part]);
    } else chunks.at(-1)?.push(part);
  }
  return chunks;
}
