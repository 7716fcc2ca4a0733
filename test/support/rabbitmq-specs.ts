import { randomUUID } from 'node:crypto';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { newScope } from './new-scope';
import { Broker } from '../../libs/adapters/rabbitmq/src/broker';
import { queueNamesOf } from '../../libs/adapters/rabbitmq/src/queue-topology';
import {
  RabbitMqIngestQueue,
  type RabbitMqIngestQueueOptions,
} from '../../libs/adapters/rabbitmq/src/rabbitmq-ingest-queue';
import { systemClock } from '../../libs/core/src/common/clock';
import type { Logger } from '../../libs/observability/src/app-logger';

export const MAX_ATTEMPTS = 3;
export const LIMITS = { maxAttempts: MAX_ATTEMPTS, maxFreshBytes: 20_000 };
export const TAKE = { maxMessages: 100, maxBytes: 1_000_000, leaseMs: 60_000, waitMs: 10_000 };
export const scope = newScope();

export const message = (body: string) => ({ ndjson: Buffer.from(body), recordCount: 1, requestId: 'r' });

export const quiet: Pick<Logger, 'error' | 'warn' | 'info'> = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
};

/** Another process's view of the queues. */
export function openQueue(
  url: string,
  prefix: string,
  log = quiet,
  limits: Pick<
    RabbitMqIngestQueueOptions,
    'maxAttempts' | 'maxFreshBytes' | 'maxHeldDeadLetters' | 'depthAnswerTimeoutMs'
  > = LIMITS,
) {
  const broker = new Broker({ url, applicationName: 'test', log });
  const queue = new RabbitMqIngestQueue(broker, {
    ...limits,
    window: { maxBytes: 16 * 1024 * 1024, maxMessages: 10_000 },
    prefix,
    clock: systemClock,
    log,
    depthMaxAgeMs: 10,
    lookEveryMs: 200,
  });
  const close = async () => {
    await queue.close();
    await broker.close();
  };
  return { broker, queue, close };
}

/** Of the test that runs: a prefix for queues of its own, and a channel past the adapter. */
export interface BrokerSubject {
  readonly prefix: string;
  readonly channel: Channel;
}

/** Begins one before each test of the `describe` that calls it, and removes its queues after. */
export function brokerForEach(url: string): BrokerSubject {
  let begun: (BrokerSubject & { readonly admin: ChannelModel }) | undefined;
  const current = () => {
    if (begun === undefined) throw new Error('no test has begun');
    return begun;
  };
  beforeEach(async () => {
    const admin = await connect(url);
    const channel = await admin.createChannel();
    channel.on('error', () => undefined);
    begun = { prefix: `test-${randomUUID()}.`, channel, admin };
  });
  afterEach(async () => {
    if (begun === undefined) return;
    const { admin, prefix } = begun;
    begun = undefined;
    const cleaner = await admin.createChannel();
    for (const name of queueNamesOf(prefix)) await cleaner.deleteQueue(name);
    await admin.close();
  });
  return {
    get prefix() {
      return current().prefix;
    },
    get channel() {
      return current().channel;
    },
  };
}
