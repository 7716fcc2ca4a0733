import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { QueueLane } from '../../../core/src/ingest/queue-lane';
import type { Logger } from '../../../observability/src/app-logger';
import { BrokerChannel } from './broker-channel';
import type { BrokerConnection } from './broker-connection';
import type { BrokerProblems } from './broker-problems';
import type { HeldMessages } from './held-messages';
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
  readonly held: Pick<HeldMessages, 'in' | 'bytes'>;
  readonly onMessage: (channel: Channel, lane: QueueLane, message: ConsumeMessage) => void;
  /** The channel is gone, and all that came over it the broker delivers again. */
  readonly onLost: () => void;
}

interface Subscription {
  readonly lane: QueueLane;
  readonly window: PrefetchWindow;
  consumerTag: string | undefined;
  /** No more come until there is room: what a consumer was sent is not counted against the next one. */
  isHeldBack: boolean;
  /** The most that was held lately, as a share of what may be, and when. */
  mostHeld: number;
  mostHeldAtMs: number;
}

/** How long the most that was held counts: other shares cost two round trips each time. */
const LATELY_MS = 1000;

/**
 * Consumers of both lanes of a queue, on one channel, so that an acknowledgement may stand for messages of both. Messages
 * come ahead of the takes, within a window that the lanes share.
 */
export class LaneSubscriptions {
  private readonly channel: BrokerChannel<Channel>;
  private readonly lanes: ByLane<Subscription>;
  private isChanging = false;
  private changing: Promise<void> = Promise.resolve();
  private isClosing = false;

  constructor(private readonly options: LaneSubscriptionsOptions) {
    const { connection, problems, laneNames, window } = options;
    const subscription = (lane: QueueLane): Subscription => ({
      lane,
      window: new PrefetchWindow(window),
      consumerTag: undefined,
      isHeldBack: false,
      mostHeld: 0,
      mostHeldAtMs: 0,
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
    const { window, consumerTag } = this.lanes[lane];
    window.received(bytes);
    if (this.isChanging || consumerTag === undefined) return;
    const changed = window.isOverfull(this.options.held.bytes) ? this.all() : this.changedWindows();
    if (changed.length > 0)
      void this.change(channel, async () => {
        await this.holdBack(channel, changed);
        await this.subscribeWhereRoom(channel);
      });
  }

  /** After some were settled. */
  settled(): void {
    if (!this.isChanging && !this.isClosing && this.all().some((one) => this.hasRoomFor(one)))
      void this.resume();
  }

  /** No more come; what came may still be acknowledged. */
  async stop(): Promise<void> {
    this.isClosing = true;
    // It may be about to subscribe.
    await this.changing;
    const isSubscribed = this.all().some(({ consumerTag }) => consumerTag !== undefined);
    const opened = isSubscribed ? await this.channel.get().catch(() => undefined) : undefined;
    await this.holdBack(opened, this.all());
  }

  close(): Promise<void> {
    return this.channel.close();
  }

  private async open(model: ChannelModel, onClose: () => void): Promise<Channel> {
    const channel = await model.createChannel();
    channel.on('close', () => {
      onClose();
      for (const one of this.all()) {
        one.consumerTag = undefined;
        one.isHeldBack = false;
      }
      this.options.onLost();
    });
    // What follows is `close`; the reason is reported where the channel is opened again.
    channel.on('error', () => undefined);
    await declareQueues(channel, this.options.prefix);
    // Messages come before the last of them is there: what they change waits.
    this.isChanging = true;
    const subscribed = this.subscribeAll(channel);
    this.changing = subscribed.catch(() => undefined);
    await subscribed;
    return channel;
  }

  private async subscribeAll(channel: Channel): Promise<void> {
    try {
      for (const one of this.all()) if (!this.isClosing) await this.subscribe(channel, one);
    } finally {
      this.isChanging = false;
    }
  }

  private async subscribe(channel: Channel, subscription: Subscription): Promise<void> {
    const { lane, window } = subscription;
    // Of the consumers that follow on the channel.
    await channel.prefetch(window.prefetch);
    const { consumerTag } = await channel.consume(this.options.laneNames[lane], (message) => {
      // The queue was deleted, or (from 4.3 on) a message held for too long: opening the channel again mends both.
      if (message === null) void this.channel.close();
      else this.options.onMessage(channel, lane, message);
    });
    subscription.consumerTag = consumerTag;
    subscription.isHeldBack = false;
  }

  private async holdBack(
    channel: Channel | undefined,
    subscriptions: readonly Subscription[],
  ): Promise<void> {
    for (const subscription of subscriptions) {
      const { consumerTag } = subscription;
      subscription.consumerTag = undefined;
      subscription.isHeldBack = true;
      if (consumerTag !== undefined) await channel?.cancel(consumerTag).catch(() => undefined);
    }
  }

  private async subscribeWhereRoom(channel: Channel): Promise<void> {
    for (const one of this.all()) if (this.hasRoomFor(one)) await this.subscribe(channel, one);
  }

  private async resume(): Promise<void> {
    const channel = await this.channel.get().catch(() => undefined);
    if (channel !== undefined) await this.change(channel, () => this.subscribeWhereRoom(channel));
  }

  /** By its own lane alone: one that is always full must not keep out the other. */
  private hasRoomFor({ lane, window, isHeldBack }: Subscription): boolean {
    return isHeldBack && window.hasRoom(this.options.held.in(lane));
  }

  private changedWindows(): readonly Subscription[] {
    const nowMs = performance.now();
    const shares = laneShares({
      fresh: this.heldLately(this.lanes.fresh, nowMs),
      backlog: this.heldLately(this.lanes.backlog, nowMs),
    });
    return this.all().filter(({ lane, window }) => window.shouldChange(shares[lane]));
  }

  private heldLately(subscription: Subscription, nowMs: number): number {
    const held = subscription.window.shareHeld(this.options.held.in(subscription.lane));
    if (held >= subscription.mostHeld || nowMs - subscription.mostHeldAtMs > LATELY_MS) {
      subscription.mostHeld = held;
      subscription.mostHeldAtMs = nowMs;
    }
    return subscription.mostHeld;
  }

  /** One change at a time. Where it fails the channel is closed, and with the next take opened again. */
  private async change(channel: Channel, act: () => Promise<void>): Promise<void> {
    if (this.isChanging || this.isClosing) return;
    this.isChanging = true;
    this.changing = this.tryToChange(channel, act);
    await this.changing;
    // What made room meanwhile found it changing.
    this.settled();
  }

  private async tryToChange(channel: Channel, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.options.log.warn({ err: error, queue: this.options.laneNames.fresh }, 'consumer starts anew');
      await channel.close().catch(() => undefined);
    } finally {
      this.isChanging = false;
    }
  }

  private all(): readonly Subscription[] {
    return Object.values(this.lanes);
  }
}
