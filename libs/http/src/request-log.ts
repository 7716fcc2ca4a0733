import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../observability/src/app-logger';
import type { AppMetrics } from '../../observability/src/app-metrics';
import { DURATION_BUCKETS_SECONDS } from '../../observability/src/metrics';

const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** Asked for every few seconds by machines; their lines would drown the others. */
const QUIET_ROUTES = new Set(['/health', '/healthz', '/ready', '/metrics']);
/** As proxies count a request whose sender left before there was an answer. */
const CLIENT_GONE = 499;

/** The caller's X-Request-Id where it is short and plain, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}

/** Says the request's id in the answer, and counts, times and logs each request. Never logs headers: they hold keys. */
export function logRequests(instance: FastifyInstance, log: Logger, metrics: AppMetrics): void {
  const duration = metrics.histogram({
    name: 'opspilot_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer, by route pattern',
    labels: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS_SECONDS,
  });
  const inFlight = metrics.gauge({
    name: 'opspilot_http_requests_in_flight',
    help: 'Requests that have not been answered yet',
  });
  const count = (request: FastifyRequest, reply: FastifyReply, elapsedMs: number): void => {
    inFlight.dec();
    // Without the pattern there would be a series per unknown path.
    const route = request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown');
    const { method } = request;
    const status = reply.raw.headersSent || reply.sent ? reply.statusCode : CLIENT_GONE;
    duration.observe({ method, route, status: String(status) }, elapsedMs / 1000);
    const fields = {
      request_id: request.id,
      method,
      route,
      status,
      ms: Math.round(elapsedMs * 10) / 10,
    };
    if (QUIET_ROUTES.has(route)) log.trace(fields, 'request done');
    else log.debug(fields, 'request done');
  };
  instance.addHook('onRequest', (request, reply, done) => {
    inFlight.inc();
    reply.header('x-request-id', request.id);
    const startedAtMs = performance.now();
    let isOver = false;
    const end = () => {
      if (!isOver) count(request, reply, performance.now() - startedAtMs);
      isOver = true;
    };
    // Fastify's onResponse never comes where the client is gone before its answer.
    reply.raw.once('finish', end).once('close', end);
    done();
  });
}
