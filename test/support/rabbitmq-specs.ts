import { randomUUID } from 'node:crypto';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { Broker } from '../../libs/adapters/rabbitmq/src/broker';
import { queueNamesOf } from '../../libs/adapters/rabbitmq/src/queue-topology';
import { RabbitMqIngestQueue } from '../../libs/adapters/rabbitmq/src/rabbitmq-ingest-queue';
import { systemClock } from '../../libs/core/src/common/clock';
import { asId, type ProjectId } from '../../libs/core/src/common/ids';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import type { Logger } from '../../libs/observability/src/app-logger';

export const MAX_ATTEMPTS = 3;
export const TAKE = { maxMessages: 100, maxBytes: 1_000_000, leaseMs: 60_000, waitMs: 10_000 };
export const scope = scopeOfProject(asId<ProjectId>(randomUUID()));

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
  limits = { maxAttempts: MAX_ATTEMPTS, maxFreshBytes: 20_000 },
) {
  const broker = new Broker({ url, applicationName: 'test', log });
  const queue = new RabbitMqIngestQueue(broker, {
    ...limits,
    window: { maxBytes: 16 * 1024 * 1024, maxMessages: 10_000 },
    prefix,
    clock: systemClock,
    log,
    depthMaxAgeMs: 10,
  });
  const close = async () => {
    await queue.close();
    await broker.close();
  };
  return { broker, queue, close };
}

/** Queues of its own for each test, under a prefix, and a channel past the adapter. */
export class BrokerSubject {
  prefix = '';
  private admin: ChannelModel | undefined;

  constructor(private readonly url: string) {}

  /** Before each test. */
  async begin(): Promise<Channel> {
    this.prefix = `test-${randomUUID()}.`;
    this.admin = await connect(this.url);
    const channel = await this.admin.createChannel();
    channel.on('error', () => undefined);
    return channel;
  }

  /** After each test. */
  async end(): Promise<void> {
    const cleaner = await this.admin?.createChannel();
    for (const name of queueNamesOf(this.prefix)) await cleaner?.deleteQueue(name);
    await this.admin?.close();
  }
}
