import { randomUUID } from 'node:crypto';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { decodeLiveLines, encodeLiveLines } from '../../../contracts/src/live-lines.message';
import type { Stopwatch } from '../../../core/src/common/stopwatch';
import { asId, type ProjectId } from '../../../core/src/common/ids';
import type { EncodedBatch } from '../../../core/src/ingest/write-outcome';
import { type LiveBatch, LiveFeed, type LiveFilter } from '../../../core/src/logs/live-feed.port';
import { LIVE_INTEREST_EVERY_MS, LiveInterest } from '../../../core/src/logs/live-interest';
import { LiveReaders } from '../../../core/src/logs/live-readers';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { Logger } from '../../../observability/src/app-logger';
import { ToldProblems } from '../../../observability/src/told-problems';
import type { Broker } from './broker';
import { BrokerChannel } from './broker-channel';
import { toBrokerError } from './broker-unavailable';

export interface RabbitMqLiveFeedOptions {
  /** Records that wait for one slow reader. */
  readonly bufferRecords: number;
  /** Put before the name of the exchange. */
  readonly prefix: string;
  readonly stopwatch: Stopwatch;
  readonly log: Pick<Logger, 'warn'>;
}

const EXCHANGE = 'logs.live';
const RECORDS_KEY = 'records.';
const READERS_KEY = 'readers.';
/** What the broker keeps for a process that does not get on; beyond, the oldest are lost, and counted. */
const QUEUE_ARGUMENTS = {
  'x-max-length': 1000,
  'x-max-length-bytes': 16 * 1024 * 1024,
  'x-overflow': 'drop-head',
};

/**
 * The live feed over a topic exchange, with a queue that lives and dies with each process that reads. Readers tell every
 * few seconds which projects they read, and only those are published.
 */
export class RabbitMqLiveFeed extends LiveFeed {
  private readonly readers: LiveReaders;
  private readonly interest = new LiveInterest();
  private readonly publisher = randomUUID();
  private readonly exchange: string;
  /** Sends records, and that somebody reads. */
  private readonly sending: BrokerChannel<Channel>;
  /** Receives records. */
  private readonly reading: BrokerChannel<Channel>;
  /** Receives that somebody reads. */
  private readonly hearing: BrokerChannel<Channel>;
  private readonly queueName = `live-${randomUUID()}`;
  /** Of what is tried every few seconds. */
  private readonly told = new ToldProblems();
  private heartbeat: NodeJS.Timeout | undefined;
  private isFull = false;
  private isClosed = false;

  constructor(
    private readonly broker: Broker,
    private readonly options: RabbitMqLiveFeedOptions,
  ) {
    super();
    this.exchange = `${options.prefix}${EXCHANGE}`;
    this.readers = new LiveReaders(options.bufferRecords);
    const { publishing, consuming, problems } = broker;
    this.sending = new BrokerChannel(publishing, 'live feed publisher', problems, (model, onClose) =>
      this.openSending(model, onClose),
    );
    this.reading = new BrokerChannel(consuming, 'live feed reader', problems, (model, onClose) => {
      const keys = this.readers.projectIds().map((projectId) => RECORDS_KEY + projectId);
      return this.openReceiving(model, onClose, this.queueName, keys, (message) => {
        const lines = decodeLiveLines(message.content);
        if (lines !== undefined) this.readers.receive(lines);
      });
    });
    this.hearing = new BrokerChannel(consuming, 'live feed listener', problems, (model, onClose) =>
      this.openReceiving(model, onClose, `${this.queueName}-readers`, [`${READERS_KEY}#`], ({ fields }) =>
        this.interest.heard(
          asId<ProjectId>(fields.routingKey.slice(READERS_KEY.length)),
          options.stopwatch.readMs(),
        ),
      ),
    );
  }

  override publish({ projectId }: ProjectScope, batch: EncodedBatch): void {
    if (this.isClosed) return;
    // Whoever reads while there is no channel is heard of when there is one again.
    this.hearing.get().catch(() => undefined);
    const position = this.interest.advance(projectId, batch.recordCount, this.options.stopwatch.readMs());
    if (position === undefined || this.isFull || this.broker.publishing.state() !== 'up') return;
    const bytes = encodeLiveLines({ projectId, publisher: this.publisher, position }, batch);
    void this.send(RECORDS_KEY + projectId, bytes);
  }

  override async subscribe(
    scope: ProjectScope,
    filter: LiveFilter,
    onBatch: (batch: LiveBatch) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const arrived = this.readers.expect(scope.projectId);
    try {
      const channel = await this.reading.get();
      await channel.bindQueue(this.queueName, this.exchange, RECORDS_KEY + scope.projectId);
    } catch (error) {
      // There is nothing to give up: a refused binding closes the channel, and the queue goes with it.
      throw toBrokerError(error);
    } finally {
      arrived();
    }
    this.readers.add(scope, filter, onBatch, signal, (projectId) => void this.leave(projectId));
    await this.announce(scope.projectId);
    this.heartbeat ??= setInterval(() => void this.beat(), LIVE_INTEREST_EVERY_MS).unref();
  }

  /** Call before the broker's end. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.heartbeat);
    await Promise.all([this.sending, this.reading, this.hearing].map((channel) => channel.close()));
  }

  private async openSending(model: ChannelModel, onClose: () => void): Promise<Channel> {
    const channel = await model.createChannel();
    channel.on('close', onClose);
    // The reason is reported where the channel is opened again.
    channel.on('error', () => undefined);
    channel.on('drain', () => {
      this.isFull = false;
    });
    this.isFull = false;
    await channel.assertExchange(this.exchange, 'topic', { durable: true });
    return channel;
  }

  private async openReceiving(
    model: ChannelModel,
    onClose: () => void,
    queueName: string,
    keys: readonly string[],
    onMessage: (message: ConsumeMessage) => void,
  ): Promise<Channel> {
    const channel = await model.createChannel();
    channel.on('close', onClose);
    channel.on('error', () => undefined);
    await channel.assertExchange(this.exchange, 'topic', { durable: true });
    await channel.assertQueue(queueName, { exclusive: true, autoDelete: true, arguments: QUEUE_ARGUMENTS });
    for (const key of keys) await channel.bindQueue(queueName, this.exchange, key);
    const receive = (message: ConsumeMessage | null) =>
      message === null ? void channel.close() : onMessage(message);
    await channel.consume(queueName, receive, { noAck: true });
    return channel;
  }

  private async send(key: string, bytes: Buffer): Promise<void> {
    try {
      const channel = await this.sending.get();
      if (!channel.publish(this.exchange, key, bytes)) this.isFull = true;
      this.told.isOver('sending');
    } catch (error) {
      if (this.told.isNews('sending', error))
        this.options.log.warn({ err: error }, 'records were not shown to those who watch');
    }
  }

  private announce(projectId: ProjectId): Promise<void> {
    return this.send(READERS_KEY + projectId, Buffer.alloc(0));
  }

  private async beat(): Promise<void> {
    const projectIds = this.readers.projectIds();
    if (projectIds.length === 0) {
      clearInterval(this.heartbeat);
      this.heartbeat = undefined;
      return;
    }
    try {
      // Opens it again, with all that is read, where the connection was lost.
      await this.reading.get();
      this.told.isOver('reading');
      for (const projectId of projectIds) await this.announce(projectId);
    } catch (error) {
      if (this.told.isNews('reading', error))
        this.options.log.warn({ err: error }, 'those who watch get nothing until the broker answers');
    }
  }

  private async leave(projectId: ProjectId): Promise<void> {
    if (this.isClosed) return;
    try {
      const channel = await this.reading.get();
      await channel.unbindQueue(this.queueName, this.exchange, RECORDS_KEY + projectId);
    } catch (error) {
      this.options.log.warn({ err: error }, 'the queue receives on what nobody reads');
    }
  }
}
