import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { encodeEvaluationRequest } from '../../contracts/src/evaluation-request.message';
import type { EvaluationOrigin } from '../../core/src/alerting/evaluation-request';
import { OpsError } from '../../core/src/common/errors';
import { SharedClock } from '../../core/src/common/shared-clock.port';
import { admitBatch } from '../../core/src/ingest/admit-batch';
import { IngestQueue } from '../../core/src/ingest/ingest-queue.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';
import { AppMetrics } from '../../observability/src/app-metrics';
import { AppConfig } from './app-config';

/** Puts requests to evaluate a project's rules into the queue `alerts.evaluate`. */
@Injectable()
export class EvaluationRequests {
  private readonly requests;

  constructor(
    @Inject(IngestQueue) private readonly queue: IngestQueue,
    @Inject(SharedClock) private readonly clock: SharedClock,
    @Inject(AppConfig) private readonly config: AppConfig,
    @Inject(AppMetrics) metrics: AppMetrics,
  ) {
    this.requests = metrics.counter({
      name: 'opspilot_evaluation_requests_total',
      help: 'Requests to evaluate without waiting for the schedule, by who asked and whether the queue had room: queued, refused',
      labels: ['origin', 'outcome'],
    });
  }

  /**
   * Resolves with the instant of the request, once it is on disk. Errors: OpsError `overloaded` where too many wait,
   * `unavailable`.
   */
  async put(scope: ProjectScope, origin: EvaluationOrigin): Promise<number> {
    const { EVALUATION_REQUESTS_MAX, QUEUE_MAX_DEAD_LETTERS } = this.config.values;
    const limits = {
      maxMessages: EVALUATION_REQUESTS_MAX,
      maxBytes: Infinity,
      maxDeadLetters: QUEUE_MAX_DEAD_LETTERS,
      maxOwnDeadLetters: QUEUE_MAX_DEAD_LETTERS,
    };
    const admission = admitBatch(await this.queue.depth('alerts.evaluate'), limits);
    if (!admission.admitted) {
      this.requests.inc({ origin, outcome: 'refused' });
      const { reason, retryAfterSeconds } = admission;
      throw new OpsError('overloaded', 'OPS_RULE_REQUESTS_FULL', reason, { retryAfterSeconds });
    }
    const requestedAtMs = await this.clock.now();
    const message = { ...encodeEvaluationRequest({ origin, requestedAtMs }), requestId: randomUUID() };
    await this.queue.publish(scope, 'alerts.evaluate', message);
    this.requests.inc({ origin, outcome: 'queued' });
    return requestedAtMs;
  }
}
