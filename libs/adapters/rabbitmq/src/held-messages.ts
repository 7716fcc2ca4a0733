import type { Channel, ConsumeMessage } from 'amqplib';
import type { EnvelopePart } from '../../../contracts/src/queue-envelope.message';
import { SpareRooms } from '../../../core/src/common/spare-rooms';
import type { QueueLane } from '../../../core/src/ingest/queue-lane';

/** Shorter ones share memory with others that came with them, and are gone soon. */
const LARGE_BYTES = 64 * 1024;
const MAX_SPARE_BYTES = 8 * 1024 * 1024;

/** A message of the broker that this process holds and has not acknowledged yet. */
export interface HeldMessage {
  readonly channel: Channel;
  readonly lane: QueueLane;
  /** Without what it carried, which is in its parts. */
  readonly origin: ConsumeMessage;
  readonly publishedAtMs: number;
  /** Of the process's monotonic clock. */
  readonly receivedAtMs: number;
  readonly bytes: number;
  /** Where its bytes lie, to be used again after it; undefined where somebody may still read them then. */
  room: Uint8Array<ArrayBuffer> | undefined;
  unsettledParts: number;
}

/** One batch of it, which consumers take and settle by itself. */
export interface HeldPart extends EnvelopePart {
  readonly id: string;
  readonly held: HeldMessage;
  attempts: number;
  /** The lease under which somebody has it; undefined while nobody has. */
  lease: Lease | undefined;
}

/** Of all parts that one take handed out. */
export interface Lease {
  readonly token: string;
  readonly parts: Set<HeldPart>;
  readonly timer: NodeJS.Timeout;
}

/** What a consumer holds, and the acknowledgement of what is done with. */
export class HeldMessages {
  /** By id; a part leaves when it is settled. */
  readonly parts = new Map<string, HeldPart>();
  private readonly unacknowledged = new Map<number, HeldMessage>();
  private readonly rooms = new SpareRooms(MAX_SPARE_BYTES);
  private readonly lanes = { fresh: { messages: 0, bytes: 0 }, backlog: { messages: 0, bytes: 0 } };

  get bytes(): number {
    return this.lanes.fresh.bytes + this.lanes.backlog.bytes;
  }

  in(lane: QueueLane): { readonly messages: number; readonly bytes: number } {
    return this.lanes[lane];
  }

  /** What a message of the broker carried, in memory that is used again when it is done with, if it is large. */
  keep(content: Uint8Array): Pick<HeldMessage, 'room'> & { readonly content: Uint8Array } {
    if (content.length < LARGE_BYTES) return { room: undefined, content };
    const room = this.rooms.take(content.length);
    room.set(content);
    return { room, content: room.subarray(0, content.length) };
  }

  add(held: HeldMessage, parts: readonly HeldPart[]): void {
    this.unacknowledged.set(held.origin.fields.deliveryTag, held);
    const lane = this.lanes[held.lane];
    lane.messages++;
    lane.bytes += held.bytes;
    for (const part of parts) this.parts.set(part.id, part);
  }

  /** Epoch milliseconds; undefined where nothing of the lane is held. */
  oldestAtMs(lane: QueueLane): number | undefined {
    let oldest: number | undefined;
    for (const held of this.unacknowledged.values())
      if (held.lane === lane) oldest = Math.min(oldest ?? Infinity, held.publishedAtMs);
    return oldest;
  }

  /** Acknowledges each message whose last part this is. What is gone already is passed over. */
  settle(parts: readonly HeldPart[]): void {
    const done = new Set<number>();
    for (const part of parts) {
      if (!this.parts.delete(part.id)) continue;
      releaseLease(part);
      part.held.unsettledParts--;
      if (part.held.unsettledParts === 0) done.add(part.held.origin.fields.deliveryTag);
    }
    this.acknowledge(done);
  }

  /** After the channel is lost: the broker delivers all of it again, to whom it likes. */
  forgetAll(): void {
    for (const part of this.parts.values()) releaseLease(part);
    this.parts.clear();
    this.unacknowledged.clear();
    for (const lane of Object.values(this.lanes)) lane.messages = lane.bytes = 0;
  }

  /** One acknowledgement for all that come before any unfinished message, as "up to", and one for each of the others. */
  private acknowledge(done: Set<number>): void {
    let lastInRow: HeldMessage | undefined;
    for (const [tag, held] of this.unacknowledged) {
      if (!done.delete(tag)) break;
      lastInRow = held;
      this.drop(tag, held);
    }
    if (lastInRow !== undefined) ack(lastInRow, true);
    for (const tag of done) {
      const held = this.unacknowledged.get(tag);
      if (held === undefined) continue;
      this.drop(tag, held);
      ack(held, false);
    }
  }

  private drop(tag: number, held: HeldMessage): void {
    this.unacknowledged.delete(tag);
    const lane = this.lanes[held.lane];
    lane.messages--;
    lane.bytes -= held.bytes;
    if (held.room !== undefined) this.rooms.giveBack(held.room);
  }
}

/** So that nothing keeps its bytes in memory until the lease would have ended. */
export function releaseLease(part: HeldPart): void {
  const { lease } = part;
  part.lease = undefined;
  if (lease === undefined) return;
  lease.parts.delete(part);
  if (lease.parts.size === 0) clearTimeout(lease.timer);
}

function ack({ channel, origin }: HeldMessage, upTo: boolean): void {
  try {
    channel.ack(origin, upTo);
  } catch (error) {
    // The channel was closed a moment ago. The broker delivers the message again, and storing it again changes nothing.
    if (!(error instanceof Error && error.name === 'IllegalOperationError')) throw error;
  }
}
