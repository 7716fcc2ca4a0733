import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { QueueLane } from '../../../core/src/ingest/queue-lane';
import type { Logger } from '../../../observability/src/app-logger';
import { BrokerChannel } from './broker-channel';
import type { BrokerConnection } from './broker-connection';
import type { BrokerProblems } from './broker-problems';
import type { HeldMessages } from './held-messages';
import { inTime } from './in-time';
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
  /** Since the last look. */
  hasReceived: boolean;
  /** At the last look messages were ready, and none came. */
  wasPassedOver: boolean;
  /** The most that was held lately, as a share of what may be, and when. */
  mostHeld: number;
  mostHeldAtMs: number;
}

/** How long the most that was held counts: other shares cost two round trips each time. */
const LATELY_MS = 1000;
const LOOK_TIMEOUT_MS = 5000;
const STOP_TIMEOUT_MS = 2000;

/**
 * Consumers of both lanes of a queue, on one channel, so that an acknowledgement may stand for messages of both. Messages
 * come ahead of the takes, within a window that the lanes share.
 */
export class LaneSubscriptions {
  private readonly channel: BrokerChannel<Channel>;
  private readonly lanes: ByLane<Subscription>;
  /** The channel whose messages count. One that is closing may still bring some, and ends after its successor was opened. */
  private current: Channel | undefined;
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
      hasReceived: false,
      wasPassedOver: false,
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
    this.lanes[lane].hasReceived = true;
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

  /**
   * Starts anew where messages are ready, at this look and the one before, and none comes although none is held: a broker may forget a consumer without
   * saying so (seen of RabbitMQ 3.10 where a queue is deleted while it is subscribed to).
   */
  async look(): Promise<void> {
    const channel = this.current;
    if (channel === undefined || this.isChanging || this.isClosing) return;
    const passedOver = await this.passedOver(channel).catch((): readonly Subscription[] => []);
    const again = passedOver.find(({ wasPassedOver }) => wasPassedOver);
    for (const one of this.all()) {
      one.wasPassedOver = passedOver.includes(one);
      one.hasReceived = false;
    }
    if (again === undefined || channel !== this.current) return;
    const queue = this.options.laneNames[again.lane];
    this.options.log.warn({ queue }, 'messages wait and do not come: the consumer starts anew');
    this.restart(channel);
  }

  /** No more come; what came may still be acknowledged. Errors: OpsError `unavailable` where the broker does not say so in time. */
  async stop(): Promise<void> {
    this.isClosing = true;
    await inTime(this.holdBackAll(), STOP_TIMEOUT_MS);
  }

  close(): Promise<void> {
    return this.channel.close();
  }

  private async open(model: ChannelModel, onClose: () => void): Promise<Channel> {
    const channel = await model.createChannel();
    this.current = channel;
    channel.on('close', () => {
      onClose();
      this.lose(channel);
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
      if (channel !== this.current) return;
      // The queue was deleted, or (from 4.3 on) a message held for too long: opening the channel again mends both.
      if (message === null) this.restart(channel);
      else this.options.onMessage(channel, lane, message);
    });
    if (channel !== this.current) return;
    subscription.consumerTag = consumerTag;
    subscription.isHeldBack = false;
  }

  private restart(channel: Channel): void {
    this.lose(channel);
    void this.channel.close();
  }

  /** Once for each channel: what it brought comes again, maybe over the next one before this one has ended. */
  private lose(channel: Channel): void {
    if (channel !== this.current) return;
    this.current = undefined;
    for (const one of this.all()) {
      one.consumerTag = undefined;
      one.isHeldBack = false;
      one.wasPassedOver = false;
    }
    this.options.onLost();
  }

  private async passedOver(channel: Channel): Promise<readonly Subscription[]> {
    const asked = Promise.all(
      this.all().map(async (one) => {
        const { messageCount } = await channel.checkQueue(this.options.laneNames[one.lane]);
        const isHungry = !one.hasReceived && this.options.held.in(one.lane).messages === 0;
        return messageCount > 0 && one.consumerTag !== undefined && isHungry ? [one] : [];
      }),
    );
    return (await inTime(asked, LOOK_TIMEOUT_MS)).flat();
  }

  private async holdBackAll(): Promise<void> {
    // It may be about to subscribe.
    await this.changing;
    const isSubscribed = this.all().some(({ consumerTag }) => consumerTag !== undefined);
    const opened = isSubscribed ? await this.channel.get().catch(() => undefined) : undefined;
    await this.holdBack(opened, this.all());
  }

  private async holdBack(
    channel: Channel | undefined,
    subscriptions: readonly Subscription[],
  ): Promise<void> {
    for (const subscription of subscriptions) {
      if (channel !== undefined && channel !== this.current) return;
      const { consumerTag } = subscription;
      subscription.consumerTag = undefined;
      subscription.isHeldBack = true;
      if (consumerTag !== undefined) await channel?.cancel(consumerTag).catch(() => undefined);
    }
  }

  private async subscribeWhereRoom(channel: Channel): Promise<void> {
    for (const one of this.all())
      if (channel === this.current && this.hasRoomFor(one)) await this.subscribe(channel, one);
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
