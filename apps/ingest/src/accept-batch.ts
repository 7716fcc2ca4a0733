import { Inject, Injectable } from '@nestjs/common';
import type { IngestResponse } from '../../../libs/contracts/src/ingest.contract';
import { OpsError } from '../../../libs/core/src/common/errors';
import { admitBatch } from '../../../libs/core/src/ingest/admit-batch';
import {
  IdempotencyStore,
  type IdempotentRequest,
} from '../../../libs/core/src/ingest/idempotency-store.port';
import { IngestQueue, type IngestQueueName } from '../../../libs/core/src/ingest/ingest-queue.port';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { batchHashOf, hashRequest } from './idempotency-key';
import { IngestCounters } from './ingest-counters';
import type { IngestKind } from './ingest-kind';
import { type NormalisedBatch, normaliseBatch } from './normalise-batch';
import { OneATurn } from './one-a-turn';

/** A batch on its way in, whatever protocol brought it. */
export interface IncomingBatch<Item> {
  readonly kind: IngestKind<Item>;
  readonly records: readonly unknown[];
  /** Which receiver took it in, such as `api`. */
  readonly source: string;
  readonly requestId: string;
  readonly idempotencyKey?: string | undefined;
}

/** What does not depend on what is ingested. */
type AnyBatch = Omit<IncomingBatch<never>, 'kind'> & {
  readonly kind: Pick<IngestKind<never>, 'name' | 'queue'>;
};

export interface AcceptedBatch {
  readonly response: IngestResponse;
  /** An earlier request with the same Idempotency-Key was answered so. */
  readonly replayed: boolean;
}

/** Takes some milliseconds to normalise: longer than a small request should wait for. */
const LARGE_BATCH_RECORDS = 500;

/** The one path into the queue. When `accept` resolves, every accepted record is on disk. */
@Injectable()
export class AcceptBatch {
  private readonly large = new OneATurn();

  constructor(
    @Inject(IngestQueue) private readonly queue: IngestQueue,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppClock) private readonly clock: AppClock,
    @Inject(AppLogger) private readonly log: AppLogger,
    @Inject(IngestCounters) private readonly counters: IngestCounters,
  ) {}

  /**
   * Nothing is half accepted: a request's messages reach the disk together or not at all, and where the answer was lost a
   * repeat with the same Idempotency-Key makes the same records under the same ids, which stores keep once.
   * Errors: OpsError `invalid` (empty), `too_large`, `unprocessable` (all refused, or the key was used for something
   * else), `overloaded`, `unavailable`.
   */
  async accept<Item>(scope: ProjectScope, batch: IncomingBatch<Item>): Promise<AcceptedBatch> {
    this.checkSize(batch);
    const claim = await this.claim(scope, batch);
    if (claim.response !== undefined) {
      return { response: JSON.parse(claim.response) as IngestResponse, replayed: true };
    }
    await this.admit(batch.kind.queue);
    const batchHash = batchHashOf(scope.projectId, batch.idempotencyKey);
    const normalise = () => this.normalise(scope, batch, claim.receivedAtMs, batchHash);
    const isLarge = batch.records.length > LARGE_BATCH_RECORDS;
    const normalised = isLarge ? await this.large.run(normalise) : normalise();
    const { requestId } = batch;
    await this.queue.publish(
      scope,
      batch.kind.queue,
      ...normalised.messages.map((message) => ({ ...message, requestId })),
    );
    this.counters.count(batch.kind.name, normalised);
    const response = { batch_id: batchHash, request_id: requestId, ...normalised.report };
    await this.remember(scope, batch, response);
    return { response, replayed: false };
  }

  private checkSize({ kind, records }: AnyBatch): void {
    const max = this.config.values.INGEST_MAX_RECORDS;
    if (records.length === 0) {
      throw new OpsError('invalid', 'OPS_INGEST_EMPTY_BATCH', `${kind.name} holds no records`, {
        fields: [{ field: kind.name, reason: 'is empty', allowed: `1 to ${max} records` }],
      });
    }
    if (records.length > max) {
      const detail = `${kind.name} holds ${records.length} records, and at most ${max} are allowed`;
      throw new OpsError('too_large', 'OPS_REQUEST_TOO_LARGE', detail, {
        fields: [{ field: kind.name, reason: 'holds too many records', allowed: `1 to ${max} records` }],
      });
    }
  }

  private async claim(
    scope: ProjectScope,
    batch: AnyBatch,
  ): Promise<Pick<IdempotentRequest, 'receivedAtMs' | 'response'>> {
    const receivedAtMs = this.clock.now();
    const { idempotencyKey, kind, records } = batch;
    if (idempotencyKey === undefined) return { receivedAtMs };
    const requestHash = hashRequest(kind.name, records);
    const claim = await this.idempotency.claim(scope, idempotencyKey, { requestHash, receivedAtMs });
    if (claim.requestHash === requestHash) return claim;
    throw new OpsError(
      'unprocessable',
      'OPS_INGEST_IDEMPOTENCY_MISMATCH',
      'this Idempotency-Key was used with another request; take a new one for each batch',
      { fields: [{ field: 'Idempotency-Key', reason: 'was used with another request' }] },
    );
  }

  private async admit(queue: IngestQueueName): Promise<void> {
    const { QUEUE_MAX_MESSAGES: maxMessages, QUEUE_MAX_BYTES: maxBytes } = this.config.values;
    const admission = admitBatch(await this.queue.depth(queue), { maxMessages, maxBytes });
    if (admission.admitted) return;
    const { reason, retryAfterSeconds } = admission;
    throw new OpsError('overloaded', 'OPS_INGEST_QUEUE_FULL', reason, { retryAfterSeconds });
  }

  private normalise<Item>(
    scope: ProjectScope,
    batch: IncomingBatch<Item>,
    receivedAtMs: number,
    batchHash: string,
  ): NormalisedBatch {
    const { values } = this.config;
    const context = {
      projectId: scope.projectId,
      receivedAtMs,
      batchHash,
      source: batch.source,
      limits: {
        maxMessageBytes: values.INGEST_MAX_MESSAGE_BYTES,
        maxContextFields: values.INGEST_MAX_CONTEXT_FIELDS,
        maxFutureMs: values.INGEST_MAX_FUTURE_SECONDS * 1000,
      },
    };
    const normalised = normaliseBatch(batch.kind, batch.records, context, values.QUEUE_MESSAGE_BYTES);
    if (normalised.report.accepted > 0) return normalised;
    this.counters.count(batch.kind.name, normalised);
    const { name } = batch.kind;
    throw new OpsError(
      'unprocessable',
      'OPS_INGEST_NOTHING_ACCEPTED',
      `none of the ${batch.records.length} records could be accepted`,
      {
        fields: normalised.report.errors.map(({ index, field, reason }) => ({
          field: field === undefined ? `${name}.${index}` : `${name}.${index}.${field}`,
          reason,
        })),
      },
    );
  }

  /** Where this fails the batch is accepted all the same: a repeat is published again, under the same ids. */
  private async remember(
    scope: ProjectScope,
    { idempotencyKey, requestId }: AnyBatch,
    response: IngestResponse,
  ): Promise<void> {
    if (idempotencyKey === undefined) return;
    try {
      await this.idempotency.complete(scope, idempotencyKey, JSON.stringify(response));
    } catch (error) {
      this.log.warn({ err: error, request_id: requestId }, 'answer to an idempotent request was not kept');
    }
  }
}
