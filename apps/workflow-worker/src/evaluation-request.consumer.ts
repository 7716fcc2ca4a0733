import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../../libs/runtime/src/app-config';
import { BatchLoops } from '../../../libs/runtime/src/batch-loops.provider';
import { TemporalConnection } from '../../../libs/runtime/src/temporal-connection';
import { RequestedEvaluationStarter } from '../../../workflows/alert-evaluation/requested-evaluation.client';
import { startEvaluation } from './start-evaluation';

/** Starts the evaluations that are asked for in `alerts.evaluate`. */
@Injectable()
export class EvaluationRequestConsumer {
  constructor(temporal: TemporalConnection, config: AppConfig, loops: BatchLoops) {
    const starter = new RequestedEvaluationStarter(temporal.client);
    const delayMs = config.values.ALERT_DELAY_SECONDS * 1000;
    loops.add('alerts.evaluate', (scope, batch) => startEvaluation(starter, scope, batch, delayMs));
  }
}
