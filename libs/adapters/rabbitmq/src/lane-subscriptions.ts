import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { QUEUE_LANES, type QueueLane } from '../../../core/src/ingest/queue-lane';
import type { Logger } from '../../../observability/src/app-logger';
import { BrokerChannel } from './broker-channel';
import type { BrokerConnection } from './broker-connection';
import type { BrokerProblems } from './broker-problems';
import { laneShares } from './lane-shares';
import { PrefetchWindow, type WindowLimits } from './prefetch-window';
import { declareQueues } from './queue-topology';

type ByLane<Value> = Readonly<Record<QueueLane, Value>>;

export interface LaneSubscriptionsOptions {
  /** Of the queue on the broker. */
  readonly laneNames: ByLane<string>;
  readonly prefix: string;
  readonly connection: BrokerConnection;
  readonly problems: BrokerProblems;
  /** Of both lanes together. */
  readonly window: WindowLimits;
  readonly log: Pick<Logger, 'warn'>;
  readonly held: { in(lane: QueueLane): { readonly messages: number }; readonly bytes: number };
  readonly onMessage: (channel: Channel, lane: QueueLane, message: ConsumeMessage) => void;
  /** The channel is gone, and all that came over it the broker delivers again. */
  readonly onLost: () => void;
}

interface Subscription {
  readonly lane: QueueLane;
  readonly window: PrefetchWindow;
  consumerTag: string | undefined;
  /** When as much was held as may be; on the process's monotonic clock. */
  fullAtMs: number;
}

/** So long after it was last full a lane still counts as one that could use more: changing costs two round trips each time. */
const FULL_FOR_MS = 5000;

/**
 * Consumers of both lanes of a queue, on one channel, so that an acknowledgement may stand for messages of both. Messages
 * come ahead of the takes, within a window that the lanes share.
 */
export class LaneSubscriptions {
  private readonly channel: BrokerChannel<Channel>;
  private readonly lanes: ByLane<Subscription>;
  private isChanging = false;
  /** No more come until there is room. */
  private isPaused = false;
  private isClosing = false;

  constructor(private readonly options: LaneSubscriptionsOptions) {
    const { connection, problems, laneNames, window } = options;
    const subscription = (lane: QueueLane): Subscription => ({
      lane,
      window: new PrefetchWindow(window),
      consumerTag: undefined,
      fullAtMs: -Infinity,
    });
    this.lanes = { fresh: subscription('fresh'), backlog: subscription('backlog') };
    this.channel = new BrokerChannel(connection, `consumer ${laneNames.fresh}`, problems, (model, onClose) =>
      this.open(model, onClose),
    );
  }

  /** Subscribes where that is to be done. Errors: OpsError `unavailable`. */
  async ready(): Promise<void> {
    await this.channel.get();
  }

  /** Mean size of a message; undefined before the first. */
  meanBytes(lane: QueueLane): number | undefined {
    return this.lanes[lane].window.mean();
  }

  /** After a message of so many bytes has come and is held: whether more may come, or fewer. */
  received(channel: Channel, lane: QueueLane, bytes: number): void {
    const subscription = this.lanes[lane];
    const { window } = subscription;
    window.received(bytes);
    if (this.options.held.in(lane).messages >= window.prefetch) subscription.fullAtMs = performance.now();
    if (this.isChanging || subscription.consumerTag === undefined) return;
    if (window.isOverfull(this.options.held.bytes)) {
      this.isPaused = true;
      void this.change(channel, () => this.unsubscribeAll(channel));
      return;
    }
    const changed = this.changedWindows();
    if (changed.length > 0) void this.change(channel, () => this.renew(channel, changed));
  }

  /** After some were settled. */
  settled(): void {
    if (this.isPaused && !this.isChanging && this.hasRoom()) void this.resume();
  }

  /** No more come; what came may still be acknowledged. */
  async stop(): Promise<void> {
    this.isClosing = true;
    const isSubscribed = QUEUE_LANES.some((lane) => this.lanes[lane].consumerTag !== undefined);
    const opened = isSubscribed ? await this.channel.get().catch(() => undefined) : undefined;
    await this.unsubscribeAll(opened);
  }

  close(): Promise<void> {
    return this.channel.close();
  }

  private async open(model: ChannelModel, onClose: () => void): Promise<Channel> {
    const channel = await model.createChannel();
    channel.on('close', () => {
      onClose();
      for (const lane of QUEUE_LANES) this.lanes[lane].consumerTag = undefined;
      this.isPaused = false;
      this.options.onLost();
    });
    // What follows is `close`; the reason is reported where the channel is opened again.
    channel.on('error', () => undefined);
    await declareQueues(channel, this.options.prefix);
    for (const lane of QUEUE_LANES) await this.subscribe(channel, this.lanes[lane]);
    return channel;
  }

  private async subscribe(channel: Channel, subscription: Subscription): Promise<void> {
    const { lane, window } = subscription;
    // Of the consumers that follow on the channel.
    await channel.prefetch(window.prefetch);
    const { consumerTag } = await channel.consume(this.options.laneNames[lane], (message) => {
      // The queue was deleted: opening the channel again declares it.
      if (message === null) void this.channel.close();
      else this.options.onMessage(channel, lane, message);
    });
    subscription.consumerTag = consumerTag;
  }

  private async unsubscribe(channel: Channel | undefined, subscription: Subscription): Promise<void> {
    const { consumerTag } = subscription;
    subscription.consumerTag = undefined;
    if (consumerTag !== undefined) await channel?.cancel(consumerTag).catch(() => undefined);
  }

  private async unsubscribeAll(channel: Channel | undefined): Promise<void> {
    for (const lane of QUEUE_LANES) await this.unsubscribe(channel, this.lanes[lane]);
  }

  private changedWindows(): readonly Subscription[] {
    const nowMs = performance.now();
    const couldUseMore = (lane: QueueLane) => nowMs - this.lanes[lane].fullAtMs < FULL_FOR_MS;
    const shares = laneShares({ fresh: couldUseMore('fresh'), backlog: couldUseMore('backlog') });
    return Object.values(this.lanes).filter(({ lane, window }) => window.shouldChange(shares[lane]));
  }

  private async renew(channel: Channel, subscriptions: readonly Subscription[]): Promise<void> {
    for (const subscription of subscriptions) {
      await this.unsubscribe(channel, subscription);
      await this.subscribe(channel, subscription);
    }
  }

  private async resume(): Promise<void> {
    const channel = await this.channel.get().catch(() => undefined);
    if (channel === undefined || !this.isPaused) return;
    await this.change(channel, async () => {
      this.isPaused = false;
      for (const lane of QUEUE_LANES)
        if (this.lanes[lane].consumerTag === undefined) await this.subscribe(channel, this.lanes[lane]);
    });
  }

  /** One change at a time. Where it fails the channel is closed, and with the next take opened again. */
  private async change(channel: Channel, act: () => Promise<void>): Promise<void> {
    if (this.isChanging || this.isClosing) return;
    this.isChanging = true;
    try {
      await act();
    } catch (error) {
      this.options.log.warn({ err: error, queue: this.options.laneNames.fresh }, 'consumer starts anew');
      await channel.close().catch(() => undefined);
    } finally {
      this.isChanging = false;
    }
    // What made room meanwhile found it changing.
    if (this.isPaused && this.hasRoom()) void this.resume();
  }

  private hasRoom(): boolean {
    return this.lanes.fresh.window.hasRoom(this.options.held.bytes);
  }
}
