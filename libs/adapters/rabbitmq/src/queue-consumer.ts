import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { decodeEnvelope, type EnvelopePart } from '../../../contracts/src/queue-envelope.message';
import type { Delivery, TakeOptions } from '../../../core/src/ingest/ingest-queue.port';
import type { Logger } from '../../../observability/src/app-logger';
import { BrokerChannel } from './broker-channel';
import type { BrokerConnection } from './broker-connection';
import type { BrokerProblems } from './broker-problems';
import { HeldMessages, type HeldPart, type Lease, releaseLease } from './held-messages';
import { PrefetchWindow, type WindowLimits } from './prefetch-window';
import { declareQueues } from './queue-topology';

export interface QueueConsumerOptions {
  readonly queueName: string;
  readonly prefix: string;
  readonly connection: BrokerConnection;
  readonly problems: BrokerProblems;
  readonly maxAttempts: number;
  readonly window: WindowLimits;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** Sets a batch aside. Errors: OpsError `unavailable`. */
  readonly bury: (part: EnvelopePart, publishedAtMs: number, reason: string) => Promise<void>;
  /** Puts batches back at the queue's end. Errors: OpsError `unavailable`. */
  readonly putBack: (parts: readonly EnvelopePart[], publishedAtMs: number) => Promise<void>;
}

interface ReleaseCause {
  readonly reason: string;
  readonly delayMs: number;
  readonly isBlameless?: boolean;
}

export const EXHAUSTED_REASON = 'not acknowledged after the last permitted delivery';
/** After the first message of a quiet queue: those right behind it make one write with it. */
const GATHER_MS = 1;
const BURY_RETRY_MS = 5000;
/** A broker closes the channel of who holds a message for half an hour, and counts that as a failure of all it holds. */
const MAX_HOLD_MS = 10 * 60_000;

/**
 * Takes from one queue of the broker. Messages come ahead of the takes, within a window; leases, delays and attempts are
 * kept here, in the process that holds the message, and the broker learns of a message only that it is done. What a dead
 * process held, the broker delivers to another.
 */
export class QueueConsumer {
  private readonly channel: BrokerChannel<Channel>;
  private readonly held = new HeldMessages();
  /** Parts that nobody has, oldest first. */
  private readonly waiting = new Set<HeldPart>();
  private readonly window: PrefetchWindow;
  private readonly takers = new Set<() => void>();
  /** Ids of parts are unique among all processes, for their deliveries may be handed to another's consumer by mistake. */
  private readonly origin = randomUUID();
  private received = 0;
  private leases = 0;
  private consumerTag: string | undefined;
  private isChanging = false;
  /** No more come until there is room. */
  private isPaused = false;
  private isClosing = false;

  constructor(private readonly options: QueueConsumerOptions) {
    this.window = new PrefetchWindow(options.window);
    const { connection, problems, queueName } = options;
    this.channel = new BrokerChannel(connection, `consumer ${queueName}`, problems, (model, onClose) =>
      this.open(model, onClose),
    );
  }

  /** Errors: OpsError `unavailable` where the queue cannot be read. */
  async take(options: TakeOptions, signal?: AbortSignal): Promise<readonly Delivery[]> {
    const giveUpAt = performance.now() + options.waitMs;
    while (this.waiting.size === 0) {
      if (signal?.aborted === true || this.isClosing) return [];
      await this.channel.get();
      const remainingMs = giveUpAt - performance.now();
      if (this.waiting.size > 0) break;
      if (remainingMs <= 0) return [];
      if (await this.nextMessage(remainingMs, signal)) await wait(GATHER_MS);
    }
    return this.lease(options);
  }

  acknowledge(deliveries: readonly Delivery[]): void {
    this.settle(deliveries.flatMap(({ deliveryId }) => this.held.parts.get(idOf(deliveryId)) ?? []));
  }

  async release(deliveries: readonly Delivery[], cause: ReleaseCause): Promise<void> {
    const exhausted: HeldPart[] = [];
    const returned: HeldPart[] = [];
    for (const { deliveryId } of deliveries) {
      const part = this.held.parts.get(idOf(deliveryId));
      if (part === undefined) continue;
      if (part.lease?.token !== tokenOf(deliveryId)) {
        // It was counted when the lease ended.
        if (cause.isBlameless === true) part.attempts--;
        continue;
      }
      releaseLease(part);
      if (cause.isBlameless !== true) part.attempts++;
      (part.attempts >= this.options.maxAttempts ? exhausted : returned).push(part);
    }
    if (cause.delayMs === 0) this.offerOrPutBack(returned);
    else setTimeout(() => this.offerOrPutBack(returned), cause.delayMs).unref();
    await Promise.all(exhausted.map((part) => this.bury(part, cause.reason)));
  }

  /** What this process holds of the queue: the broker counts only what it has not handed out. */
  stats() {
    const { messages, bytes } = this.held;
    return { messages, bytes, oldestAtMs: this.held.oldestAtMs(), meanBytes: this.window.mean() };
  }

  /**
   * Gives back what nobody has begun, at the end of the queue and not by returning it, which the broker would count as a
   * failure. Where that fails it does so all the same.
   */
  async close(): Promise<void> {
    this.isClosing = true;
    this.wake();
    const opened =
      this.consumerTag === undefined ? undefined : await this.channel.get().catch(() => undefined);
    await this.unsubscribe(opened);
    const idle = [...this.held.parts.values()].filter(({ lease }) => lease === undefined);
    await this.putBack(idle);
    await this.channel.close();
    this.forget();
  }

  private async open(model: ChannelModel, onClose: () => void): Promise<Channel> {
    const channel = await model.createChannel();
    channel.on('close', () => {
      onClose();
      this.forget();
    });
    // What follows is `close`; the reason is reported where the channel is opened again.
    channel.on('error', () => undefined);
    await declareQueues(channel, this.options.prefix);
    await this.subscribe(channel);
    return channel;
  }

  private async subscribe(channel: Channel): Promise<void> {
    await channel.prefetch(this.window.prefetch);
    const { consumerTag } = await channel.consume(this.options.queueName, (message) => {
      // The queue was deleted: opening the channel again declares it.
      if (message === null) void this.channel.close();
      else this.receive(channel, message);
    });
    this.consumerTag = consumerTag;
  }

  private async unsubscribe(channel: Channel | undefined): Promise<void> {
    const { consumerTag } = this;
    this.consumerTag = undefined;
    if (consumerTag !== undefined) await channel?.cancel(consumerTag).catch(() => undefined);
  }

  private receive(channel: Channel, origin: ConsumeMessage): void {
    const envelope = decodeEnvelope(origin.content);
    if (envelope === undefined) {
      this.options.log.error(
        { queue: this.options.queueName },
        'a message that is none of ours was set aside',
      );
      channel.reject(origin, false);
      return;
    }
    this.window.received(origin.content.length);
    const held = {
      channel,
      origin,
      publishedAtMs: envelope.publishedAtMs,
      receivedAtMs: performance.now(),
      bytes: envelope.parts.reduce((sum, { message }) => sum + message.ndjson.length, 0),
      unsettledParts: envelope.parts.length,
    };
    const returns = returnsOf(origin);
    const parts = envelope.parts.map((part) => ({
      ...part,
      id: `${this.origin}-${this.received++}`,
      held,
      attempts: part.attempts + returns,
      lease: undefined,
    }));
    this.held.add(held, parts);
    const isExhausted = ({ attempts }: HeldPart) => attempts >= this.options.maxAttempts;
    for (const part of parts.filter(isExhausted)) void this.bury(part, EXHAUSTED_REASON);
    this.offer(parts.filter((part) => !isExhausted(part)));
    this.adjust(channel);
  }

  private offer(parts: readonly HeldPart[]): void {
    for (const part of parts) if (this.held.parts.get(part.id) === part) this.waiting.add(part);
    this.wake();
  }

  private offerOrPutBack(parts: readonly HeldPart[]): void {
    const isOld = ({ held }: HeldPart) => performance.now() - held.receivedAtMs > MAX_HOLD_MS;
    const old = parts.filter((part) => this.held.parts.get(part.id) === part && isOld(part));
    this.offer(parts.filter((part) => !isOld(part)));
    if (old.length > 0) void this.putBack(old).then((isDone) => (isDone ? undefined : this.offer(old)));
  }

  /** False where the broker does not take them; then they stay with this process. */
  private async putBack(parts: readonly HeldPart[]): Promise<boolean> {
    try {
      const oldestAtMs = Math.min(...parts.map(({ held }) => held.publishedAtMs));
      if (parts.length > 0) await this.options.putBack(parts, oldestAtMs);
      this.settle(parts);
      return true;
    } catch (error) {
      this.options.log.warn({ err: error, messages: parts.length }, 'messages could not be put back');
      return false;
    }
  }

  private lease({ maxMessages, maxBytes, leaseMs }: TakeOptions): readonly Delivery[] {
    const parts = new Set<HeldPart>();
    let bytes = 0;
    for (const part of this.waiting) {
      bytes += part.message.ndjson.length;
      if (parts.size >= maxMessages || (parts.size > 0 && bytes > maxBytes)) break;
      parts.add(part);
    }
    const lease: Lease = {
      token: String(this.leases++),
      parts,
      timer: setTimeout(() => this.endLease(lease), leaseMs).unref(),
    };
    const taken = [...parts];
    for (const part of taken) {
      this.waiting.delete(part);
      part.lease = lease;
    }
    return taken.map((part) => ({
      deliveryId: `${part.id}.${lease.token}`,
      attempt: part.attempts + 1,
      message: part.message,
    }));
  }

  private endLease(lease: Lease): void {
    for (const part of [...lease.parts]) {
      releaseLease(part);
      part.attempts++;
      if (part.attempts >= this.options.maxAttempts) void this.bury(part, EXHAUSTED_REASON);
      else this.offer([part]);
    }
  }

  /** Tried until it succeeds or the channel is lost: until then the broker keeps the message. */
  private async bury(part: HeldPart, reason: string): Promise<void> {
    if (this.held.parts.get(part.id) !== part || this.isClosing) return;
    try {
      await this.options.bury(part, part.held.publishedAtMs, reason);
      this.settle([part]);
    } catch (error) {
      this.options.log.warn(
        { err: error, queue: this.options.queueName },
        'a message could not be set aside',
      );
      setTimeout(() => void this.bury(part, reason), BURY_RETRY_MS).unref();
    }
  }

  private settle(parts: readonly HeldPart[]): void {
    for (const part of parts) this.waiting.delete(part);
    this.held.settle(parts);
    if (this.isPaused && !this.isChanging && this.window.hasRoom(this.held.bytes)) void this.resume();
  }

  private adjust(channel: Channel): void {
    if (this.isChanging || this.consumerTag === undefined) return;
    if (this.window.isOverfull(this.held.bytes)) {
      this.isPaused = true;
      void this.change(channel, () => this.unsubscribe(channel));
    } else if (this.window.shouldChange())
      void this.change(channel, async () => {
        await this.unsubscribe(channel);
        await this.subscribe(channel);
      });
  }

  private async resume(): Promise<void> {
    const channel = await this.channel.get().catch(() => undefined);
    if (channel === undefined || !this.isPaused) return;
    await this.change(channel, async () => {
      this.isPaused = false;
      if (this.consumerTag === undefined) await this.subscribe(channel);
    });
  }

  /** One change at a time. Where it fails the channel is closed, and with the next take opened again. */
  private async change(channel: Channel, act: () => Promise<void>): Promise<void> {
    if (this.isChanging || this.isClosing) return;
    this.isChanging = true;
    try {
      await act();
    } catch (error) {
      this.options.log.warn({ err: error, queue: this.options.queueName }, 'consumer starts anew');
      await channel.close().catch(() => undefined);
    } finally {
      this.isChanging = false;
    }
    // What made room meanwhile found it changing.
    if (this.isPaused && this.window.hasRoom(this.held.bytes)) void this.resume();
  }

  private forget(): void {
    this.consumerTag = undefined;
    this.isPaused = false;
    this.waiting.clear();
    this.held.forgetAll();
    this.wake();
  }

  /** True where something came to wake for; false where the time was over. */
  private nextMessage(waitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (isWoken: boolean) => {
        clearTimeout(timer);
        this.takers.delete(woken);
        signal?.removeEventListener('abort', woken);
        resolve(isWoken && this.waiting.size > 0);
      };
      const woken = () => done(true);
      const timer = setTimeout(() => done(false), waitMs);
      this.takers.add(woken);
      signal?.addEventListener('abort', woken);
    });
  }

  private wake(): void {
    for (const woken of this.takers) woken();
  }
}

/** How often the broker had to take the message back from a process that died: 4.3 and later have two counts. */
function returnsOf({ properties }: ConsumeMessage): number {
  const counts = ['x-delivery-count', 'x-acquired-count'].map((name) =>
    Number(properties.headers?.[name] ?? 0),
  );
  return Math.max(0, ...counts.filter(Number.isSafeInteger));
}

function idOf(deliveryId: string): string {
  return deliveryId.split('.')[0] ?? '';
}

function tokenOf(deliveryId: string): string {
  return deliveryId.split('.')[1] ?? '';
}
