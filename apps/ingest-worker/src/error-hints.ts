import { Inject, Injectable } from '@nestjs/common';
import { estimateErrors } from '../../../libs/contracts/src/estimate-errors';
import {
  type ErrorRate,
  nextErrorRate,
  unknownErrorRate,
} from '../../../libs/core/src/alerting/next-error-rate';
import { OpsError } from '../../../libs/core/src/common/errors';
import type { ProjectId } from '../../../libs/core/src/common/ids';
import type { EncodedBatch } from '../../../libs/core/src/ingest/write-outcome';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import { AppLogger } from '../../../libs/observability/src/app-logger';
import { AppClock } from '../../../libs/runtime/src/app-clock';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { EvaluationRequests } from '../../../libs/runtime/src/evaluation-requests.provider';

/** Beyond, the project that has been silent for longest is forgotten, and begins anew. */
const PROJECTS_MAX = 10_000;

/** Asks for an evaluation where the errors of a project have jumped in what this process has just stored. */
@Injectable()
export class ErrorHints {
  private readonly rates = new Map<ProjectId, ErrorRate>();
  private readonly sinceMs: number;
  private readonly gapMs: number;

  constructor(
    @Inject(EvaluationRequests) private readonly requests: EvaluationRequests,
    @Inject(AppConfig) config: AppConfig,
    @Inject(AppClock) private readonly clock: AppClock,
    @Inject(AppLogger) private readonly log: AppLogger,
  ) {
    this.sinceMs = clock.now();
    this.gapMs = config.values.EVALUATION_HINT_SECONDS * 1000;
  }

  /** Holds up no writer: a request goes its way by itself. Resolves when it has. */
  async note(scope: ProjectScope, batch: EncodedBatch): Promise<void> {
    if (this.gapMs === 0) return;
    const nowMs = this.clock.now();
    const { projectId } = scope;
    const known = this.rates.get(projectId) ?? unknownErrorRate(this.sinceMs);
    const { rate, isHint } = nextErrorRate(known, estimateErrors(batch), nowMs, this.gapMs);
    this.remember(projectId, rate);
    if (isHint) await this.ask(scope);
  }

  private remember(projectId: ProjectId, rate: ErrorRate): void {
    this.rates.delete(projectId);
    this.rates.set(projectId, rate);
    if (this.rates.size <= PROJECTS_MAX) return;
    for (const silent of this.rates.keys()) {
      this.rates.delete(silent);
      return;
    }
  }

  /** A hint that cannot be given is no loss that anybody must know of: the schedule comes anyway. */
  private async ask(scope: ProjectScope): Promise<void> {
    const { projectId: project_id } = scope;
    try {
      await this.requests.put(scope, 'hint');
      this.log.info({ project_id }, 'errors have jumped, rules are evaluated at once');
    } catch (error) {
      const isFull = error instanceof OpsError && error.kind === 'overloaded';
      this.log[isFull ? 'debug' : 'warn']({ err: error, project_id }, 'rules are left to the schedule');
    }
  }
}
