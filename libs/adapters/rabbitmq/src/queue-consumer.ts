import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import { decodeEnvelope, type EnvelopePart } from '../../../contracts/src/queue-envelope.message';
import {
  type Delivery,
  EXHAUSTED_REASON,
  type ReleaseCause,
  type TakeOptions,
} from '../../../core/src/ingest/ingest-queue.port';
import { QUEUE_LANES, type QueueLane } from '../../../core/src/ingest/queue-lane';
import type { Logger } from '../../../observability/src/app-logger';
import { type HeldMessage, HeldMessages, type HeldPart, type Lease, releaseLease } from './held-messages';
import { LaneSubscriptions, type LaneSubscriptionsOptions } from './lane-subscriptions';
import { unpackContent } from './message-content';
import { WaitingParts } from './waiting-parts';

export interface QueueConsumerOptions extends Omit<
  LaneSubscriptionsOptions,
  'log' | 'held' | 'onMessage' | 'onLost'
> {
  readonly maxAttempts: number;
  /** By default five seconds. */
  readonly lookEveryMs?: number;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** Sets a batch aside. Errors: OpsError `unavailable`. */
  readonly bury: (part: EnvelopePart, publishedAtMs: number, reason: string) => Promise<void>;
  /** Puts batches back at the lane's end. Errors: OpsError `unavailable`. */
  readonly putBack: (lane: QueueLane, parts: readonly EnvelopePart[], publishedAtMs: number) => Promise<void>;
}

const NO_CONTENT = Buffer.alloc(0);
/** After the first message of a quiet queue: those right behind it make one write with it. */
const GATHER_MS = 1;
const BURY_RETRY_MS = 5000;
/** A broker ends the channel (4.3 the subscription) of who holds a message for half an hour, and counts that as a failure of all it holds. */
const MAX_HOLD_MS = 10 * 60_000;
/**
 * A lost connection or a dead process returns all that it held, and nearly always none of that was to blame: while a store is down, a few of them must
 * not bury what waits for it. What does kill its process is buried all the same, ten times later.
 */
const RETURNS_PER_ATTEMPT = 10;
/** How often is looked whether messages wait that do not come. */
const LOOK_EVERY_MS = 5000;

/**
 * Takes from one queue, that is from both of its lanes. Messages come ahead of the takes, within a window; leases, delays and attempts are
 * kept here, in the process that holds the message, and the broker learns of a message only that it is done. What a dead
 * process held, the broker delivers to another.
 */
export class QueueConsumer {
  private readonly held = new HeldMessages();
  private readonly waiting = new WaitingParts();
  private readonly subscriptions: LaneSubscriptions;
  /** Ids of parts are unique among all processes, for their deliveries may be handed to another's consumer by mistake. */
  private readonly origin = randomUUID();
  private received = 0;
  private leases = 0;
  private lookedAtMs = performance.now();
  private isClosing = false;

  constructor(private readonly options: QueueConsumerOptions) {
    this.subscriptions = new LaneSubscriptions({
      ...options,
      held: this.held,
      onMessage: (channel, lane, message) => this.receive(channel, lane, message),
      onLost: () => this.forget(),
    });
  }

  /** Errors: OpsError `unavailable` where the queue cannot be read. */
  async take(options: TakeOptions, signal?: AbortSignal): Promise<readonly Delivery[]> {
    const giveUpAtMs = performance.now() + options.waitMs;
    while (this.waiting.isEmpty) {
      if (signal?.aborted === true || this.isClosing) return [];
      await this.subscriptions.ready();
      void this.look();
      const remainingMs = giveUpAtMs - performance.now();
      if (!this.waiting.isEmpty) break;
      if (remainingMs <= 0) return [];
      if (await this.waiting.next(remainingMs, signal)) await wait(GATHER_MS);
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
        if (cause.isBlameless === true) part.attempts = Math.max(0, part.attempts - 1);
        continue;
      }
      releaseLease(part);
      // What failed may read on for a while.
      part.held.room = undefined;
      if (cause.isBlameless !== true) part.attempts++;
      (part.attempts >= this.options.maxAttempts ? exhausted : returned).push(part);
    }
    if (cause.delayMs === 0) this.offerOrPutBack(returned);
    else setTimeout(() => this.offerOrPutBack(returned), cause.delayMs).unref();
    await Promise.all(exhausted.map((part) => this.bury(part, cause.reason)));
  }

  /** What this process holds of a lane: the broker counts only what it has not handed out. */
  stats(lane: QueueLane) {
    const { messages, bytes } = this.held.in(lane);
    const meanBytes = this.subscriptions.meanBytes(lane);
    return { messages, bytes, oldestAtMs: this.held.oldestAtMs(lane), meanBytes };
  }

  /**
   * Gives back what nobody has begun, at the end of its lane and not by returning it, which the broker would count as a
   * failure. Where that fails it does so all the same.
   */
  async close(): Promise<void> {
    this.isClosing = true;
    this.waiting.wake();
    try {
      await this.subscriptions.stop();
      const idle = [...this.held.parts.values()].filter(({ lease }) => lease === undefined);
      await this.putBack(idle);
    } catch (error) {
      this.options.log.warn(
        { err: error, queue: this.options.laneNames.fresh },
        'messages that are held are left to the broker, which delivers them again',
      );
    }
    await this.subscriptions.close();
    this.forget();
  }

  private async look(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.lookedAtMs < (this.options.lookEveryMs ?? LOOK_EVERY_MS)) return;
    this.lookedAtMs = nowMs;
    await this.subscriptions.look();
  }

  private receive(channel: Channel, lane: QueueLane, message: ConsumeMessage): void {
    const { room, content } = this.held.keep(unpackContent(message) ?? NO_CONTENT);
    const envelope = decodeEnvelope(content);
    // One without batches would never be done with.
    if (envelope === undefined || envelope.parts.length === 0) {
      this.options.log.error(
        { queue: this.options.laneNames[lane] },
        'a message that is none of ours was set aside',
      );
      channel.reject(message, false);
      return;
    }
    const held: HeldMessage = {
      channel,
      lane,
      origin: { ...message, content: NO_CONTENT },
      room,
      publishedAtMs: envelope.publishedAtMs,
      receivedAtMs: performance.now(),
      bytes: envelope.parts.reduce((sum, { message }) => sum + message.ndjson.length, 0),
      unsettledParts: envelope.parts.length,
    };
    const returnedAttempts = Math.floor(returnsOf(message) / RETURNS_PER_ATTEMPT);
    const parts = envelope.parts.map((part) => ({
      ...part,
      id: `${this.origin}-${this.received++}`,
      held,
      attempts: part.attempts + returnedAttempts,
      lease: undefined,
    }));
    this.held.add(held, parts);
    const isExhausted = ({ attempts }: HeldPart) => attempts >= this.options.maxAttempts;
    for (const part of parts.filter(isExhausted)) void this.bury(part, EXHAUSTED_REASON);
    this.offer(parts.filter((part) => !isExhausted(part)));
    this.subscriptions.received(channel, lane, content.length);
  }

  private offer(parts: readonly HeldPart[]): void {
    this.waiting.add(parts.filter((part) => this.held.parts.get(part.id) === part));
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
      for (const lane of QUEUE_LANES) {
        const some = parts.filter(({ held }) => held.lane === lane);
        const oldestAtMs = Math.min(...some.map(({ held }) => held.publishedAtMs));
        if (some.length > 0) await this.options.putBack(lane, some, oldestAtMs);
        this.settle(some);
      }
      return true;
    } catch (error) {
      this.options.log.warn({ err: error, messages: parts.length }, 'messages could not be put back');
      return false;
    }
  }

  private lease(options: TakeOptions): readonly Delivery[] {
    const parts = this.waiting.take(options);
    const lease: Lease = {
      token: String(this.leases++),
      parts,
      timer: setTimeout(() => this.endLease(lease), options.leaseMs).unref(),
    };
    const taken = [...parts];
    for (const part of taken) part.lease = lease;
    return taken.map((part) => ({
      deliveryId: `${part.id}.${lease.token}`,
      attempt: part.attempts + 1,
      message: part.message,
    }));
  }

  private endLease(lease: Lease): void {
    for (const part of [...lease.parts]) {
      releaseLease(part);
      // Whoever had it may be at it still, also when somebody else is done with it.
      part.held.room = undefined;
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
        { err: error, queue: this.options.laneNames[part.held.lane] },
        'a message could not be set aside',
      );
      setTimeout(() => void this.bury(part, reason), BURY_RETRY_MS).unref();
    }
  }

  private settle(parts: readonly HeldPart[]): void {
    for (const part of parts) this.waiting.delete(part);
    this.held.settle(parts);
    this.subscriptions.settled();
  }

  private forget(): void {
    this.held.forgetAll();
    this.waiting.clear();
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
