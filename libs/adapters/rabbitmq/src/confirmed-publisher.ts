import { randomUUID } from 'node:crypto';
import type { ConfirmChannel } from 'amqplib';
import {
  encodeEnvelope,
  type QueueEnvelope,
  sizeOfEnvelope,
} from '../../../contracts/src/queue-envelope.message';
import { SpareRooms } from '../../../core/src/common/spare-rooms';
import { OpsError } from '../../../core/src/common/errors';
import { BrokerChannel } from './broker-channel';
import type { BrokerConnection } from './broker-connection';
import type { BrokerProblems } from './broker-problems';
import { brokerUnavailable } from './broker-unavailable';
import { type BrokerProblem, describeBrokerProblem } from './describe-broker-problem';
import { MAX_CONTENT_BYTES, type MessageContent, packContent } from './message-content';
import { declareQueues } from './queue-topology';

/** What became of one sending: undefined where the broker has the message, else why its channel was closed before. */
type Interruption = BrokerProblem | undefined;

interface Sending {
  readonly ended: (interruption: Interruption) => void;
  readonly failed: (error: OpsError) => void;
}

/** A broker that is set to take less says so when it closes the channel. */
const BROKER_LIMIT = /larger than (?:configured )?max size (\d+)/;
const SPARE_BYTES = 8 * 1024 * 1024;
/** Where the channel is closed for another message's fault, or the connection lost and back at once. */
const MAX_SENDINGS = 3;
const CONFIRM_TIMEOUT_MS = 15_000;
/**
 * What was given up is still on its way, in the client's memory or the broker's. While there is more of it, nothing is added: a broker that takes
 * less than what comes, and never says so, would fill the memory of this process.
 */
const MAX_GIVEN_UP_BYTES = MAX_CONTENT_BYTES;
const SILENT: BrokerProblem = {
  text: `the broker has not confirmed a message within ${CONFIRM_TIMEOUT_MS / 1000} s`,
  advice: 'look at the load and the log of the broker',
};
const SILENT_QUEUE_ADVICE =
  'look at its load and its log; a queue that stays down (rabbitmqctl list_queues name state), as after a full disk, comes back when the broker is restarted';
const UNROUTED: BrokerProblem = {
  text: 'the broker has no queue of that name',
  advice: 'nothing: it is declared again; if it stays so, somebody deletes it',
};
const NACKED: BrokerProblem = {
  text: 'the queue refuses the message',
  advice: 'look for a length limit that a policy sets on the queue',
};

/** Sends messages that must reach a queue's disk, and knows when they have. */
export class ConfirmedPublisher {
  /** For messages: the client copies what it sends, so that their memory can be used again once `publish` has ended. */
  private readonly rooms = new SpareRooms(SPARE_BYTES);
  private readonly channel: BrokerChannel<ConfirmChannel>;
  private readonly sending = new Map<string, Sending>();
  /** Bytes of each message that nobody waits for any more and that the broker may still confirm. */
  private readonly givenUp = new Map<string, number>();
  /** Queues to which a message was given up, and nothing was answered since. */
  private readonly silent = new Set<string>();
  /** When a message to a queue was last confirmed, as of `performance.now()`. */
  private readonly confirmedAtMs = new Map<string, number>();
  /** As they are sent. More is refused by name, before the broker closes the channel for it and interrupts everybody else's publishes too. */
  private maxPackedBytes = MAX_CONTENT_BYTES;
  /** Why the broker is closing the channel. */
  private closedBy: unknown;
  private isClosed = false;

  constructor(
    private readonly connection: BrokerConnection,
    prefix: string,
    problems: BrokerProblems,
  ) {
    this.channel = new BrokerChannel(connection, 'publisher', problems, async (model, onClose) => {
      const channel = await model.createConfirmChannel();
      channel.on('error', (error) => {
        this.closedBy = error;
      });
      channel.on('close', () => {
        onClose();
        this.maxPackedBytes = limitOf(this.closedBy) ?? MAX_CONTENT_BYTES;
        this.closedBy = undefined;
      });
      channel.on('return', ({ properties }) => {
        const messageId: unknown = properties.messageId;
        if (typeof messageId === 'string') this.fail(messageId, UNROUTED);
        // Declares again at the next publish; what else is under way is sent again.
        onClose();
        channel.close().catch(() => undefined);
      });
      await declareQueues(channel, prefix);
      return channel;
    });
    // What is under way now would wait in the socket for as long as the alarm lasts.
    connection.onBlocked((problem) => this.failAll(problem));
  }

  /**
   * Resolves after the broker has the message on disk. Where it rejects, the message may have been stored all the same; where
   * the channel was closed over another message, it may be there twice.
   * Errors: OpsError `unavailable`; `too_large`; those of encodeEnvelope.
   * @param maxBytes of the envelope, before it is compressed
   */
  async publish(queueName: string, envelope: QueueEnvelope, maxBytes = MAX_CONTENT_BYTES): Promise<void> {
    const message = this.pack(envelope, maxBytes);
    try {
      await this.publishPacked(queueName, message);
    } finally {
      this.rooms.giveBackBytes(message.content);
    }
  }

  /**
   * A broker may be well while one queue is not, such as after its disk was full. Errors: OpsError `unavailable` where a queue has left a
   * message unanswered, and all since.
   */
  checkConfirms(): void {
    if (this.silent.size === 0) return;
    const text = `the broker does not confirm what is sent to ${[...this.silent].sort().join(', ')}`;
    throw brokerUnavailable({ ...SILENT, text: `${text}: ${SILENT_QUEUE_ADVICE}` });
  }

  close(): Promise<void> {
    this.isClosed = true;
    return this.channel.close();
  }

  private pack(envelope: QueueEnvelope, maxBytes: number): MessageContent {
    const { rooms } = this;
    const bytes = encodeEnvelope(envelope, rooms);
    if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes);
    const packed = packContent(bytes);
    if (packed.content === bytes) return packed;
    rooms.giveBackBytes(bytes);
    // It waits for a disk, in memory that is used again as well.
    const kept = rooms.takeBytes(packed.content.length);
    kept.set(packed.content);
    return { ...packed, content: Buffer.from(kept.buffer, kept.byteOffset, kept.length) };
  }

  private async publishPacked(queueName: string, message: MessageContent): Promise<void> {
    const { length } = message.content;
    for (let sendings = 1; ; sendings++) {
      if (length > this.maxPackedBytes) throw tooLarge(length, this.maxPackedBytes);
      const blocked = this.connection.blocked();
      if (blocked !== undefined) throw brokerUnavailable(blocked);
      if (this.givenUpBytes() > MAX_GIVEN_UP_BYTES) throw brokerUnavailable(SILENT);
      const channel = await this.channel.get();
      const interruption = await this.send(channel, queueName, message);
      if (interruption === undefined) return;
      if (sendings === MAX_SENDINGS || this.isClosed) throw brokerUnavailable(interruption);
    }
  }

  private send(
    channel: ConfirmChannel,
    queueName: string,
    { content, properties }: MessageContent,
  ): Promise<Interruption> {
    const messageId = randomUUID();
    const sentAtMs = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.givenUp.set(messageId, content.length);
        this.silent.add(queueName);
        this.fail(messageId, SILENT);
        // Where the node with the queue's leader hung, this channel may wait for its word for ever, and another one gets it.
        if ((this.confirmedAtMs.get(queueName) ?? 0) < sentAtMs) void this.channel.replace();
      }, CONFIRM_TIMEOUT_MS);
      const settle = (then: () => void) => {
        clearTimeout(timer);
        this.sending.delete(messageId);
        then();
      };
      this.sending.set(messageId, {
        ended: (interruption) => settle(() => resolve(interruption)),
        failed: (error) => settle(() => reject(error)),
      });
      const interrupted = () => this.sending.get(messageId)?.ended(describeBrokerProblem(this.closedBy));
      try {
        channel.sendToQueue(
          queueName,
          content,
          { persistent: true, mandatory: true, messageId, ...properties },
          (error: unknown) => {
            this.givenUp.delete(messageId);
            this.silent.delete(queueName);
            if (error === null) {
              this.confirmedAtMs.set(queueName, performance.now());
              this.sending.get(messageId)?.ended(undefined);
            } else if (isNack(error)) this.fail(messageId, NACKED, error);
            else interrupted();
          },
        );
      } catch (error) {
        // The channel was closed a moment ago.
        if (error instanceof Error && error.name === 'IllegalOperationError') interrupted();
        else this.fail(messageId, describeBrokerProblem(error), error);
      }
    });
  }

  private givenUpBytes(): number {
    let sum = 0;
    for (const bytes of this.givenUp.values()) sum += bytes;
    return sum;
  }

  private fail(messageId: string, problem: BrokerProblem, cause?: unknown): void {
    this.sending.get(messageId)?.failed(brokerUnavailable(problem, cause));
  }

  private failAll(problem: BrokerProblem): void {
    for (const messageId of this.sending.keys()) this.fail(messageId, problem);
  }
}

/** Errors: OpsError `too_large` where the envelope has more bytes, before it is compressed. */
export function checkEnvelopeSize(envelope: QueueEnvelope, maxBytes: number): void {
  const bytes = sizeOfEnvelope(envelope);
  if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
}

/** The client's only other reason is that the channel was closed. */
function isNack(error: unknown): boolean {
  return error instanceof Error && error.message === 'message nacked';
}

/** What the broker takes, where it closed a channel over that; undefined where it did for another reason. */
function limitOf(error: unknown): number | undefined {
  const bytes = error instanceof Error ? BROKER_LIMIT.exec(error.message)?.[1] : undefined;
  return bytes === undefined ? undefined : Number(bytes);
}

function tooLarge(bytes: number, maxBytes: number): OpsError {
  const detail = `the records take ${bytes} bytes in the queue, and at most ${maxBytes} fit: send fewer of them in one request`;
  return new OpsError('too_large', 'OPS_REQUEST_TOO_LARGE', detail);
}
