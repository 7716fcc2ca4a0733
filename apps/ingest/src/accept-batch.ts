import { Inject, Injectable } from '@nestjs/common';
import type { IngestResponse } from '../../../libs/contracts/src/ingest.contract';
import { SpareRooms } from '../../../libs/core/src/common/spare-rooms';
import { OpsError } from '../../../libs/core/src/common/errors';
import { DeadLetterShares } from '../../../libs/core/src/ingest/dead-letter-shares';
import { admitBatch } from '../../../libs/core/src/ingest/admit-batch';
import {
  IdempotencyStore,
  type IdempotentRequest,
} from '../../../libs/core/src/ingest/idempotency-store.port';
import { IngestQueue, type IngestQueueName } from '../../../libs/core/src/ingest/ingest-queue.port';
import type { NormaliseContext } from '../../../libs/core/src/ingest/normalised';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import type { RawBody } from '../../../libs/http/src/raw-body';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { ToldProblems } from '../../../libs/observability/src/told-problems';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import type { NormalisedBatch } from './batch-draft';
import { BoundedTurns, type Share } from './bounded-turns';
import { batchHashOf, hashRequest } from './idempotency-key';
import { IngestCounters } from './ingest-counters';
import type { AnyKind, IngestKind } from './ingest-kind';
import { keyOfAnother, nothingAccepted } from './ingest-problems';
import { normaliseBatch } from './normalise-batch';
import { PublishCoalescer } from './publish-coalescer';

/** A batch on its way in, whatever protocol brought it. */
export interface IncomingBatch<Item> {
  readonly kind: IngestKind<Item>;
  readonly records: readonly unknown[] | RawBody;
  /** Which receiver took it in, such as `api`. */
  readonly source: string;
  readonly requestId: string;
  readonly idempotencyKey?: string | undefined;
}

/** What does not depend on what is ingested. */
type AnyBatch = Omit<IncomingBatch<never>, 'kind'> & { readonly kind: AnyKind };

/** What gives a request's records their ids. */
type RequestIdentity = Pick<NormaliseContext, 'receivedAtMs' | 'batchHash'>;

export interface AcceptedBatch {
  readonly response: IngestResponse;
  /** An earlier request with the same Idempotency-Key was answered so. */
  readonly replayed: boolean;
}

const ANSWERS = 'answers';
/** Of messages that are on disk, for the next ones. */
const SPARE_BYTES = 8 * 1024 * 1024;

/** The one path into the queue. When `accept` resolves, every accepted record is on disk. */
@Injectable()
export class AcceptBatch {
  private readonly turns: BoundedTurns;
  private readonly rooms = new SpareRooms(SPARE_BYTES);
  private readonly told = new ToldProblems();
  private readonly shares = new DeadLetterShares();

  constructor(
    @Inject(IngestQueue) private readonly queue: IngestQueue,
    @Inject(PublishCoalescer) private readonly publisher: PublishCoalescer,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppClock) private readonly clock: AppClock,
    @Inject(AppLogger) private readonly log: AppLogger,
    @Inject(IngestCounters) private readonly counters: IngestCounters,
  ) {
    this.turns = new BoundedTurns(config.values.INGEST_MAX_PENDING_BYTES);
  }

  /**
   * Nothing is half accepted: a request's messages reach the disk together or not at all, and where the answer was lost a
   * repeat with the same Idempotency-Key makes the same records under the same ids, which stores keep once.
   * Errors: OpsError `invalid` (empty), `too_large`, `unprocessable` (all refused, or the key was used for something
   * else), `overloaded`, `unavailable`.
   */
  async accept<Item>(scope: ProjectScope, batch: IncomingBatch<Item>): Promise<AcceptedBatch> {
    const share = this.turns.begin();
    try {
      return await this.acceptAs(share, scope, batch);
    } finally {
      this.turns.end(share);
    }
  }

  private async acceptAs<Item>(
    share: Share,
    scope: ProjectScope,
    batch: IncomingBatch<Item>,
  ): Promise<AcceptedBatch> {
    const { kind, idempotencyKey, requestId } = batch;
    const batchHash = batchHashOf(scope.projectId, idempotencyKey);
    const request = { receivedAtMs: this.clock.now(), batchHash };
    let normalised: NormalisedBatch;
    if (idempotencyKey === undefined) {
      // First, so that whoever is sent away costs little.
      await this.admit(scope, kind.queue);
      normalised = await this.normalise(share, scope, batch, request);
    } else {
      // Before the key is claimed: a request that is refused as a whole may be put right and sent again under it.
      normalised = await this.normalise(share, scope, batch, request);
      this.checkSize(scope, requestId, normalised);
      const { response, receivedAtMs } = await this.claim(scope, idempotencyKey, batch, request);
      if (response !== undefined) return { response: JSON.parse(response) as IngestResponse, replayed: true };
      await this.admit(scope, kind.queue);
      if (receivedAtMs !== request.receivedAtMs) {
        this.giveBack(normalised);
        normalised = await this.normalise(share, scope, batch, { receivedAtMs, batchHash });
      }
    }
    await this.publisher.publish(scope, kind.queue, requestId, normalised.messages);
    this.giveBack(normalised);
    this.counters.count(kind.name, normalised);
    const response = responseOf(batchHash, requestId, normalised.report);
    if (idempotencyKey !== undefined) await this.remember(scope, idempotencyKey, response);
    return { response, replayed: false };
  }

  private async claim(
    scope: ProjectScope,
    key: string,
    { kind, records }: AnyBatch,
    { receivedAtMs }: RequestIdentity,
  ): Promise<IdempotentRequest> {
    const requestHash = hashRequest(kind.name, records);
    const claim = await this.idempotency.claim(scope, key, { requestHash, receivedAtMs });
    if (claim.requestHash !== requestHash) throw keyOfAnother();
    return claim;
  }

  private async admit({ projectId }: ProjectScope, queue: IngestQueueName): Promise<void> {
    const { values } = this.config;
    const limits = {
      maxMessages: values.QUEUE_MAX_MESSAGES,
      maxBytes: values.QUEUE_MAX_BYTES,
      maxDeadLetters: values.QUEUE_MAX_DEAD_LETTERS,
      maxOwnDeadLetters: values.QUEUE_MAX_DEAD_LETTERS_PER_PROJECT,
    };
    const depth = await this.queue.depth(queue);
    const own =
      depth.deadLetters < limits.maxOwnDeadLetters
        ? 0
        : this.shares.of(queue, () => this.queue.deadLettersByProject(queue)).get(projectId);
    const admission = admitBatch(depth, limits, own);
    if (admission.admitted) return;
    const { reason, retryAfterSeconds } = admission;
    throw new OpsError('overloaded', 'OPS_INGEST_QUEUE_FULL', reason, { retryAfterSeconds });
  }

  private checkSize(scope: ProjectScope, requestId: string, { messages }: NormalisedBatch): void {
    this.queue.checkSize(scope, ...messages.map((message) => ({ ...message, requestId })));
  }

  private async normalise<Item>(
    share: Share,
    scope: ProjectScope,
    batch: IncomingBatch<Item>,
    { receivedAtMs, batchHash }: RequestIdentity,
  ): Promise<NormalisedBatch> {
    const { values } = this.config;
    const slices = normaliseBatch(batch.kind, batch.records, {
      maxMessageBytes: values.QUEUE_MESSAGE_BYTES,
      maxRecords: values.INGEST_MAX_RECORDS,
      rooms: this.rooms,
      context: {
        receivedAtMs,
        batchHash,
        projectId: scope.projectId,
        source: batch.source,
        limits: {
          maxMessageBytes: values.INGEST_MAX_MESSAGE_BYTES,
          maxContextFields: values.INGEST_MAX_CONTEXT_FIELDS,
          maxFutureMs: values.INGEST_MAX_FUTURE_SECONDS * 1000,
        },
      },
    });
    const normalised = await this.turns.make(share, slices);
    if (normalised.report.accepted > 0) return normalised;
    this.counters.count(batch.kind.name, normalised);
    throw nothingAccepted(batch.kind.name, normalised);
  }

  /** To be called when nobody reads its messages any more. */
  private giveBack({ messages }: NormalisedBatch): void {
    for (const { ndjson } of messages) this.rooms.giveBackBytes(ndjson);
  }

  /** Where this fails the batch is accepted all the same: a repeat is published again, under the same ids. */
  private async remember(scope: ProjectScope, key: string, response: IngestResponse): Promise<void> {
    try {
      await this.idempotency.complete(scope, key, JSON.stringify(response));
      this.told.isOver(ANSWERS);
    } catch (error) {
      const { request_id } = response;
      const level = this.told.isNews(ANSWERS, error) ? 'warn' : 'debug';
      this.log[level]({ err: error, request_id }, 'answer to an idempotent request was not kept');
    }
  }
}

/** Field by field, as elsewhere on this path: spreads took a thirtieth of a small request's CPU. */
function responseOf(batchId: string, requestId: string, report: NormalisedBatch['report']): IngestResponse {
  return {
    batch_id: batchId,
    request_id: requestId,
    accepted: report.accepted,
    rejected: report.rejected,
    errors: report.errors,
    errors_omitted: report.errors_omitted,
    notes: report.notes,
    notes_omitted: report.notes_omitted,
  };
}
