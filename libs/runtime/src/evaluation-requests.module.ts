import { Module } from '@nestjs/common';
import { EvaluationRequests } from './evaluation-requests.provider';

/** For roles that ask for evaluations. Several of them in one process share it. */
@Module({ providers: [EvaluationRequests], exports: [EvaluationRequests] })
export class EvaluationRequestsModule {}
