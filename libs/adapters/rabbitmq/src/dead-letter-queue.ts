import { createHash } from 'node:crypto';
import type { Channel, ConsumeMessage, GetMessage } from 'amqplib';
import {
  decodeEnvelope,
  type EnvelopePart,
  type QueueEnvelope,
} from '../../../contracts/src/queue-envelope.message';
import type { ProjectId } from '../../../core/src/common/ids';
import type { Clock } from '../../../core/src/common/clock';
import { previewOf } from '../../../core/src/ingest/dead-letter-preview';
import {
  type DeadLetter,
  type DeadLetterContent,
  type DeadLetterList,
  EXHAUSTED_REASON,
  type IngestQueueName,
} from '../../../core/src/ingest/ingest-queue.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { BrokerConnection } from './broker-connection';
import { toBrokerError } from './broker-unavailable';
import type { ConfirmedPublisher } from './confirmed-publisher';
import { DeadLetterRemoval, type FoundLetter } from './dead-letter-removal';
import { inTime } from './in-time';
import { unpackContent } from './message-content';

export interface DeadLetterQueueOptions {
  readonly queue: IngestQueueName;
  readonly queueName: string;
  readonly connection: BrokerConnection;
  readonly publisher: ConfirmedPublisher;
  readonly clock: Clock;
  /** Messages of the broker that a look holds; by default 10,000. */
  readonly maxHeld?: number;
}

/** Looks at one message of the broker; true where it has seen enough. Messages of one batch were all there before the first of them is seen. */
type See = (
  found: readonly FoundLetter[],
  channel: Channel,
  message: GetMessage,
  batch: number,
) => boolean | undefined | Promise<boolean | undefined>;

/** A broker hands out what it is asked to show, and has to take all of it back. */
const MAX_HELD = 10_000;
/** By one replay or discard, which keeps the ids of what it has removed; a repeat goes on. */
const MAX_REMOVED = 100_000;
/** Of a look that ingest takes every half minute while there are many. */
const MAX_SAMPLED = 2000;
const MAX_SAMPLED_BYTES = 64 * 1024 * 1024;
const PIPELINED = 20;
/** Looks wait for each other: one that nobody answers must not keep all others. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * What could not be stored, in a queue of its own. A broker's queue can only be looked into by taking from it: every look
 * takes up to 10,000 letters and then returns them all, in any order. While one process looks, another sees fewer of
 * them; in this process looks wait for each other. One letter may lie there twice, after a crash, and is shown once.
 */
export class DeadLetterQueue {
  private lastLook: Promise<unknown> = Promise.resolve();
  private readonly maxHeld: number;

  constructor(private readonly options: DeadLetterQueueOptions) {
    this.maxHeld = options.maxHeld ?? MAX_HELD;
  }

  /** Resolves after the broker has it on disk. Errors: OpsError `unavailable`. */
  async bury(part: EnvelopePart, publishedAtMs: number, reason: string): Promise<void> {
    await this.publish(part, publishedAtMs, { reason, failedAtMs: this.options.clock.now() });
  }

  /** The newest of those in the first 10,000 messages, newest first. */
  async list(scope: ProjectScope, limit: number): Promise<DeadLetterList> {
    const letters = new Map<string, DeadLetter>();
    let seen = 0;
    await this.look((found) => {
      seen++;
      for (const { letter } of this.ofProject(scope, found)) letters.set(letter.deadLetterId, letter);
      return undefined;
    });
    const newestFirst = [...letters.values()].sort((a, b) => b.failedAtMs - a.failedAtMs);
    return {
      letters: newestFirst.slice(0, limit),
      mayBeMore: newestFirst.length > limit || seen >= this.maxHeld,
    };
  }

  /** Estimated from the first 2,000 messages, or 64 MiB of them: as if what lies behind them were shared in the same way. */
  async countByProject(): Promise<ReadonlyMap<ProjectId, number>> {
    const counts = new Map<ProjectId, number>();
    let seen = 0;
    let bytes = 0;
    let total = 0;
    const see: See = (found, _channel, { content, fields }) => {
      seen++;
      bytes += content.length;
      total = Math.max(total, seen + fields.messageCount);
      for (const { part } of found) {
        const { projectId } = part.message;
        counts.set(projectId, (counts.get(projectId) ?? 0) + 1);
      }
      return bytes >= MAX_SAMPLED_BYTES;
    };
    await this.look(see, Math.min(MAX_SAMPLED, this.maxHeld));
    return new Map([...counts].map(([id, count]) => [id, Math.round((count * total) / seen)]));
  }

  async find(scope: ProjectScope, id: string): Promise<DeadLetterContent | undefined> {
    let content: DeadLetterContent | undefined;
    await this.look((found) => {
      const one = this.ofProject(scope, found).find(({ letter }) => letter.deadLetterId === id);
      if (one === undefined) return undefined;
      const { ndjson, requestId } = one.part.message;
      content = { ...one.letter, ndjson, requestId };
      return true;
    });
    return content;
  }

  /**
   * Hands the chosen letters (all of the project's where no ids are given) to `publish` and removes each after that. What
   * is interrupted in between is there twice, and storing it twice changes nothing. A letter that has been replayed and comes again goes where
   * it was there before; else it stays, for it may have failed once more meanwhile. Returns how many.
   */
  replay(
    scope: ProjectScope,
    ids: readonly string[] | undefined,
    publish: (part: EnvelopePart) => Promise<void>,
  ): Promise<number> {
    return this.remove(scope, ids, publish);
  }

  /** Removes the chosen letters (all of the project's where no ids are given), and the copies of them that it comes by. Returns how many. */
  discard(scope: ProjectScope, ids: readonly string[] | undefined): Promise<number> {
    return this.remove(scope, ids);
  }

  /**
   * Goes through all that is there at its beginning, up to 100,000 messages: of letters that are not wanted, those beyond what a look
   * holds are put back at the queue's end, for else nobody would reach what lies behind them.
   * @param publish where the letters go; nowhere where it is absent
   */
  private async remove(
    scope: ProjectScope,
    ids: readonly string[] | undefined,
    publish?: (part: EnvelopePart) => Promise<void>,
  ): Promise<number> {
    const isReplay = publish !== undefined;
    const removal = new DeadLetterRemoval({ ids, isReplay, maxHeld: this.maxHeld });
    const see: See = async (found, channel, message, batch) => {
      const next = removal.next(found, this.ofProject(scope, found), batch);
      if (next === 'over') return true;
      if (next === 'held') return undefined;
      for (const { part } of next.wanted) await publish?.({ ...part, attempts: 0 });
      // A message goes as a whole only, and what the broker itself set aside may hold batches of several projects.
      for (const { part, letter } of next.rest) await this.publish(part, letter.queuedAtMs, letter);
      channel.ack(message);
      return undefined;
    };
    await this.look(see, MAX_REMOVED);
    return removal.count;
  }

  private async publish(
    part: EnvelopePart,
    publishedAtMs: number,
    { reason, failedAtMs }: Pick<DeadLetter, 'reason' | 'failedAtMs'>,
  ): Promise<void> {
    const { publisher, queueName } = this.options;
    await publisher.publish(queueName, { publishedAtMs, parts: [part], dead: { reason, failedAtMs } });
  }

  private ofProject({ projectId }: ProjectScope, found: readonly FoundLetter[]): readonly FoundLetter[] {
    return found.filter(({ part }) => part.message.projectId === projectId);
  }

  /**
   * Shows each message, oldest first, and returns to the queue what was not acknowledged.
   * @param most messages that are shown
   */
  private look(see: See, most = this.maxHeld): Promise<void> {
    const mine = this.lastLook.then(() => this.lookNow(see, most));
    this.lastLook = mine.catch(() => undefined);
    return mine;
  }

  private async lookNow(see: See, most: number): Promise<void> {
    try {
      const model = await this.options.connection.ready();
      const opening = model.createChannel();
      const channel = await inTime(opening, ANSWER_TIMEOUT_MS, () => {
        opening.then((late) => late.close()).catch(() => undefined);
      });
      // Whoever waits for an answer gets the reason.
      channel.on('error', () => undefined);
      try {
        await this.lookInto(channel, see, most);
      } finally {
        // The next look finds what this one held.
        await inTime(channel.close(), ANSWER_TIMEOUT_MS).catch(() => undefined);
      }
    } catch (error) {
      throw toBrokerError(error);
    }
  }

  private async lookInto(channel: Channel, see: See, most: number): Promise<void> {
    for (let seen = 0; seen < most; seen += PIPELINED) {
      const length = Math.min(PIPELINED, most - seen);
      const asked = Array.from({ length }, () => channel.get(this.options.queueName));
      const answered = await inTime(Promise.all(asked), ANSWER_TIMEOUT_MS);
      const messages = answered.filter((message) => message !== false);
      for (const message of messages) if (await see(this.foundIn(message), channel, message, seen)) return;
      if (messages.length < length) return;
    }
  }

  private foundIn(message: GetMessage): readonly FoundLetter[] {
    const bytes = unpackContent(message);
    const envelope = bytes && decodeEnvelope(bytes);
    if (envelope === undefined) return [];
    const { reason, failedAtMs } = envelope.dead ?? deadByBroker(message, envelope);
    return envelope.parts.map((part) => ({
      part,
      letter: {
        deadLetterId: idOf(part, reason),
        queue: this.options.queue,
        reason,
        queuedAtMs: envelope.publishedAtMs,
        failedAtMs,
        attempts: Math.max(1, part.attempts),
        recordCount: part.message.recordCount,
        preview: previewOf(part.message.ndjson),
      },
    }));
  }
}

/** The same letter has the same id each time it is looked at, and when it was set aside twice. */
function idOf({ message }: EnvelopePart, reason: string): string {
  const hash = createHash('sha256').update(`${message.projectId}\n${reason}\n`).update(message.ndjson);
  return hash.digest('hex').slice(0, 32);
}

/** What the broker set aside by itself says so in a header. */
function deadByBroker(message: GetMessage, { publishedAtMs }: QueueEnvelope) {
  const deaths: unknown = (message as Pick<ConsumeMessage, 'properties'>).properties.headers?.['x-death'];
  const [death] = Array.isArray(deaths) ? (deaths as readonly unknown[]) : [];
  const time = typeof death === 'object' && death !== null && 'time' in death ? death.time : undefined;
  const seconds =
    typeof time === 'object' && time !== null && 'value' in time ? Number(time.value) : Number.NaN;
  return {
    reason: EXHAUSTED_REASON,
    failedAtMs: Number.isFinite(seconds) ? seconds * 1000 : publishedAtMs,
  };
}
