import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable, of } from 'rxjs';
import { answerFreshMs } from '../../core/src/common/answer-freshness';
import { QueryCache } from '../../core/src/common/query-cache.port';
import { type ProjectScope, scopeOfApiKey } from '../../core/src/projects/project-scope';
import { AppMetrics } from '../../observability/src/app-metrics';
import { AppClock } from '../../runtime/src/app-clock';
import { AppConfig } from '../../runtime/src/app-config';
import { apiKeyOf } from './api-key.guard';
import {
  type CacheableQuestion,
  decodeKeptAnswer,
  encodeKeptAnswer,
  isFresh,
  type KeptAnswer,
  toCacheableQuestion,
} from './kept-answer';

/** A stale answer stays a while, for comparison: one that has not changed may be shown for longer the next time. */
const STALE_MS = 60_000;
const JSON_MEDIA_TYPE = 'application/json; charset=utf-8';

/** Shows answers of the query cache while they are fresh, and keeps new ones. Runs after the guard. */
@Injectable()
class AnswerKeeper implements NestInterceptor {
  private readonly maxMs: number;
  private readonly answers;

  constructor(
    private readonly cache: QueryCache,
    private readonly clock: AppClock,
    config: AppConfig,
    metrics: AppMetrics,
  ) {
    this.maxMs = config.values.QUERY_CACHE_MAX_SECONDS * 1000;
    this.answers = metrics.counter({
      name: 'opspilot_query_cache_answers_total',
      help: 'Answers that may be kept: shown from the query cache (hit) or asked of a store (miss)',
      labels: ['outcome'],
    });
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const question = this.questionOf(request);
    if (question === undefined) return next.handle();
    const scope = scopeOfApiKey(apiKeyOf(request));
    const askedAtMs = this.clock.now();
    const kept = decodeKeptAnswer(await this.cache.get(scope, question.key));
    const isHit = kept !== undefined && isFresh(kept, askedAtMs);
    const outcome = isHit ? 'hit' : 'miss';
    this.answers.inc({ outcome });
    const reply = http.getResponse<FastifyReply>();
    reply.header('x-cache', outcome);
    const send = (body: string) => {
      reply.header('content-type', JSON_MEDIA_TYPE);
      return body;
    };
    if (isHit) return of(send(kept.body));
    return next.handle().pipe(
      map((answer) => {
        const body = JSON.stringify(answer);
        this.keep(scope, question, { body, askedAtMs, kept });
        return send(body);
      }),
    );
  }

  private questionOf(request: FastifyRequest): CacheableQuestion | undefined {
    if (this.maxMs === 0) return undefined;
    return toCacheableQuestion(request.routeOptions.url ?? '', request.query as Record<string, unknown>);
  }

  /** The cache never rejects, and the answer need not wait for it. */
  private keep(
    scope: ProjectScope,
    question: CacheableQuestion,
    answer: { readonly body: string; readonly askedAtMs: number; readonly kept: KeptAnswer | undefined },
  ): void {
    const { body, askedAtMs, kept } = answer;
    const unchangedSinceMs = kept?.body === body ? kept.unchangedSinceMs : askedAtMs;
    const endMs = question.endMs ?? askedAtMs;
    const freshMs = Math.floor(answerFreshMs({ endMs, askedAtMs, unchangedSinceMs }, this.maxMs));
    const text = encodeKeptAnswer({ askedAtMs, freshMs, unchangedSinceMs, body });
    void this.cache.set(scope, question.key, text, freshMs + STALE_MS);
  }
}

/** The route's answers may come from the query cache. For guarded GET routes that count over `start_time` to `end_time`. */
export function KeepAnswers(): MethodDecorator {
  return UseInterceptors(AnswerKeeper);
}
