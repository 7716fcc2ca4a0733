import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE, statusOf, toProblem } from '../../contracts/src/problem.contract';
import { OpsError } from '../../core/src/common/errors';
import type { Logger } from '../../observability/src/app-logger';
import type { RouteTable } from './route-table';
import { toOpsError } from './to-ops-error';

/** What every request meets while an engine is down is told about one of them in this time. */
const TELL_EVERY_MS = 60_000;
const MAX_TOLD = 100;
/** RFC 9110, 15.5.22, and RFC 6455, 4.4. */
const UPGRADE_HEADERS = { upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-version': '13' };

/** Turns whatever a request ends with into application/problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly toldAtMs = new Map<string, number>();

  constructor(
    private readonly log: Logger,
    private readonly routes: RouteTable,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    // An unknown path is told first: whether the body sent to it can be read does not matter.
    const raised = request.is404 ? unknownRoute(pathOf(request.url), thrown) : thrown;
    this.answer(raised, request, http.getResponse<FastifyReply>());
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const path = pathOf(request.url);
    const error = this.explainUnknownRoute(toOpsError(thrown), request.method, path);
    this.report(error, request);
    if (reply.sent) return;
    const headers = headersOf(error);
    if (error.code === 'OPS_REQUEST_METHOD') headers['allow'] = this.routes.methodsAt(path).join(', ');
    // Fastify closes the connection after a body that could not be parsed; where all of it has been read there is no need to. What it
    // says by itself, not through the reply, is that the server closes: a client that never heard of it would keep the process from ending.
    const isFromReply = reply.hasHeader('connection') && !reply.raw.hasHeader('connection');
    if (request.raw.complete && isFromReply) reply.removeHeader('connection');
    reply
      .status(statusOf(error))
      .headers({ ...headers, 'x-request-id': request.id, 'content-type': PROBLEM_MEDIA_TYPE })
      // As bytes: Fastify would add a charset to a string's content type, which RFC 9457 does not have.
      .send(Buffer.from(JSON.stringify(toProblem(error, { path, requestId: request.id }))));
  }

  private explainUnknownRoute(error: OpsError, method: string, path: string): OpsError {
    if (error.code !== 'OPS_REQUEST_UNKNOWN_ROUTE') return error;
    const methods = this.routes.methodsAt(path);
    if (methods.length === 0 || methods.includes(method)) {
      return unknownRoute(path, error.cause);
    }
    const detail = `${path} does not take ${method}; it takes ${methods.join(', ')}`;
    return new OpsError('not_found', 'OPS_REQUEST_METHOD', detail, { cause: error.cause });
  }

  private report(error: OpsError, request: FastifyRequest): void {
    const fields = { request_id: request.id, route: request.routeOptions.url, code: error.code };
    if (error.kind === 'internal') this.log.error({ ...fields, err: error.cause ?? error }, 'request failed');
    else if (error.kind === 'unavailable' && this.isNews(error.message))
      this.log.warn({ ...fields, err: error }, 'requests fail');
    else this.log.debug({ ...fields, reason: error.message }, 'request refused');
  }

  private isNews(text: string): boolean {
    const nowMs = performance.now();
    if (nowMs - (this.toldAtMs.get(text) ?? -Infinity) < TELL_EVERY_MS) return false;
    if (this.toldAtMs.size >= MAX_TOLD) this.toldAtMs.clear();
    this.toldAtMs.set(text, nowMs);
    return true;
  }
}

function unknownRoute(path: string, cause: unknown): OpsError {
  return new OpsError('not_found', 'OPS_REQUEST_UNKNOWN_ROUTE', `there is nothing at ${path}`, { cause });
}

function headersOf(error: OpsError): Record<string, string> {
  const headers: Record<string, string> = {};
  if (error.kind === 'unauthenticated') headers['www-authenticate'] = 'Bearer realm="opspilot"';
  if (error.code === 'OPS_REQUEST_UPGRADE') Object.assign(headers, UPGRADE_HEADERS);
  const retryAfter = error.retryAfterSeconds ?? defaultRetryAfter(error);
  if (retryAfter !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfter)));
  return headers;
}

function defaultRetryAfter(error: OpsError): number | undefined {
  return error.kind === 'overloaded' || error.kind === 'unavailable' ? 5 : undefined;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
