import type { Channel, Replies } from 'amqplib';
import { INGEST_QUEUES, type IngestQueueName } from '../../../core/src/ingest/ingest-queue.port';
import { QUEUE_LANES, type QueueLane } from '../../../core/src/ingest/queue-lane';

/**
 * OpsPilot counts attempts itself, for brokers do not agree on what they count: up to 4.2 every return, from 4.3 on only
 * failures. The broker's own limit is far beyond, so that it never buries what is merely returned, and the same in every
 * process whatever its settings are: a queue cannot be declared twice with different arguments. It must be set, for from
 * 4.0 on a queue without one drops messages after 20 returns.
 */
const DELIVERY_LIMIT = 1_000_000;

/** The fresh lane has the queue's own name. */
export function laneNameOf(prefix: string, queue: IngestQueueName, lane: QueueLane): string {
  return lane === 'fresh' ? `${prefix}${queue}` : `${prefix}${queue}.${lane}`;
}

export function deadLetterQueueNameOf(prefix: string, queue: IngestQueueName): string {
  return `${prefix}${queue}.dead`;
}

/** All that is declared on the broker, for whoever removes it. */
export function queueNamesOf(prefix: string): readonly string[] {
  return INGEST_QUEUES.flatMap((queue) => [
    ...QUEUE_LANES.map((lane) => laneNameOf(prefix, queue, lane)),
    deadLetterQueueNameOf(prefix, queue),
  ]);
}

/** Declares all queues; those that are there already stay as they are. Errors: the broker's, where one has other arguments. */
export async function declareQueues(channel: Channel, prefix: string): Promise<void> {
  for (const queue of INGEST_QUEUES) {
    await declareDeadLetters(channel, prefix, queue);
    for (const lane of QUEUE_LANES) await declareLane(channel, prefix, queue, lane);
  }
}

/** Answers how much is ready in it. Errors: the broker's, where it has other arguments. */
export async function declareDeadLetters(
  channel: Channel,
  prefix: string,
  queue: IngestQueueName,
): Promise<Replies.AssertQueue> {
  return channel.assertQueue(deadLetterQueueNameOf(prefix, queue), {
    durable: true,
    arguments: argumentsOf(),
  });
}

/** Answers how much is ready in it. Errors: the broker's, where it has other arguments. */
export async function declareLane(
  channel: Channel,
  prefix: string,
  queue: IngestQueueName,
  lane: QueueLane,
): Promise<Replies.AssertQueue> {
  return channel.assertQueue(laneNameOf(prefix, queue, lane), {
    durable: true,
    arguments: {
      ...argumentsOf(),
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': deadLetterQueueNameOf(prefix, queue),
      'x-dead-letter-strategy': 'at-least-once',
    },
  });
}

function argumentsOf() {
  return {
    'x-queue-type': 'quorum',
    'x-delivery-limit': DELIVERY_LIMIT,
    // Without it the broker falls back to losing dead letters that it cannot hand over.
    'x-overflow': 'reject-publish',
  };
}
