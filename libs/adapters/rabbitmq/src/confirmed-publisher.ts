import { randomUUID } from 'node:crypto';
import type { ConfirmChannel } from 'amqplib';
import { OpsError } from '../../../core/src/common/errors';
import { BrokerChannel } from './broker-channel';
import type { BrokerConnection } from './broker-connection';
import type { BrokerProblems } from './broker-problems';
import { brokerUnavailable } from './broker-unavailable';
import { type BrokerProblem, describeBrokerProblem } from './describe-broker-problem';
import { declareQueues } from './queue-topology';

interface Sending {
  readonly confirmed: () => void;
  readonly failed: (error: OpsError) => void;
}

/** Refused by name, before the broker closes the channel for it and with that fails everybody else's publishes too. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const CONFIRM_TIMEOUT_MS = 15_000;
const SILENT: BrokerProblem = {
  text: `the broker has not confirmed a message within ${CONFIRM_TIMEOUT_MS / 1000} s`,
  advice: 'look at the load and the log of the broker',
};
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
  private readonly channel: BrokerChannel<ConfirmChannel>;
  private readonly sending = new Map<string, Sending>();

  constructor(
    private readonly connection: BrokerConnection,
    prefix: string,
    problems: BrokerProblems,
  ) {
    this.channel = new BrokerChannel(connection, 'publisher', problems, async (model, onClose) => {
      const channel = await model.createConfirmChannel();
      channel.on('close', () => {
        onClose();
        this.failAll(describeBrokerProblem(closedBy));
      });
      let closedBy: unknown = new Error('channel closed');
      channel.on('error', (error) => {
        closedBy = error;
      });
      channel.on('return', ({ properties }) => {
        const messageId: unknown = properties.messageId;
        if (typeof messageId === 'string') this.fail(messageId, UNROUTED);
        // Declares again at the next publish.
        void this.channel.close();
      });
      await declareQueues(channel, prefix);
      return channel;
    });
    // What is under way now would wait in the socket for as long as the alarm lasts.
    connection.onBlocked((problem) => this.failAll(problem));
  }

  /**
   * Resolves after the broker has the message on disk. Where it rejects, the message may have been stored all the same.
   * Errors: OpsError `unavailable`; `too_large`.
   */
  async publish(queueName: string, body: Buffer, messageId: string = randomUUID()): Promise<void> {
    if (body.length > MAX_MESSAGE_BYTES) {
      const detail = `the records take ${body.length} bytes in the queue, and at most ${MAX_MESSAGE_BYTES} fit: send fewer of them in one request`;
      throw new OpsError('too_large', 'OPS_REQUEST_TOO_LARGE', detail);
    }
    const blocked = this.connection.blocked();
    if (blocked !== undefined) throw brokerUnavailable(blocked);
    const channel = await this.channel.get();
    // Two publishes of one dead letter have the same id.
    const key = this.sending.has(messageId) ? randomUUID() : messageId;
    await this.send(channel, queueName, body, key);
  }

  close(): Promise<void> {
    return this.channel.close();
  }

  private send(channel: ConfirmChannel, queueName: string, body: Buffer, messageId: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(messageId, SILENT), CONFIRM_TIMEOUT_MS);
      const settle = (then: () => void) => {
        clearTimeout(timer);
        this.sending.delete(messageId);
        then();
      };
      this.sending.set(messageId, {
        confirmed: () => settle(resolve),
        failed: (error) => settle(() => reject(error)),
      });
      try {
        channel.sendToQueue(
          queueName,
          body,
          { persistent: true, mandatory: true, messageId },
          (error: unknown) => {
            if (error === null) this.sending.get(messageId)?.confirmed();
            else this.fail(messageId, isNack(error) ? NACKED : describeBrokerProblem(error), error);
          },
        );
      } catch (error) {
        this.fail(messageId, describeBrokerProblem(error), error);
      }
    });
  }

  private fail(messageId: string, problem: BrokerProblem, cause?: unknown): void {
    this.sending.get(messageId)?.failed(brokerUnavailable(problem, cause));
  }

  private failAll(problem: BrokerProblem): void {
    for (const messageId of this.sending.keys()) this.fail(messageId, problem);
  }
}

/** The client's only other reason is that the channel was closed. */
function isNack(error: unknown): boolean {
  return error instanceof Error && error.message === 'message nacked';
}
