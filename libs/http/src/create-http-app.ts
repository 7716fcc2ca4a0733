import type { AddressInfo } from 'node:net';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config/src/load-config';
import { AppLogger } from '../../observability/src/app-logger';
import { AppMetrics } from '../../observability/src/app-metrics';
import { authoriseBeforeBody } from './authorise-before-body';
import { BodyBudget } from './body-budget';
import { answerBrokenRequest, explainBrokenRequests } from './broken-requests';
import { endConnectionsOnClose } from './closing';
import { serveDirectly } from './direct-route';
import { toListenProblem } from './listen-problem';
import { NestLogger } from './nest-logger';
import { ProblemFilter } from './problem.filter';
import { registerBodyParsers } from './register-body-parsers';
import { logRequests, requestIdOf } from './request-log';
import { type RateLimits, RequestRate } from './request-rate';
import { routeUpgrades } from './route-upgrades';
import { RouteTable } from './route-table';
import { UpgradableMessage } from './upgradable-message';

const REQUEST_TIMEOUT_MS = 120_000;
const MAX_PARAMETER_LENGTH = 512;

export interface HttpAppOptions {
  readonly config: Pick<
    Config,
    'INGEST_MAX_BODY_BYTES' | 'INGEST_MAX_INFLATED_BYTES' | 'INGEST_MAX_PENDING_BYTES'
  > &
    RateLimits;
}

/**
 * A Nest application on Fastify, not listening yet. The module must provide AppLogger and AppMetrics (as the runtime
 * module does). Closing it on signals is the caller's matter. Everything that goes wrong in a request is answered as application/problem+json.
 */
export async function createHttpApp(
  rootModule: Type<unknown> | DynamicModule,
  options: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const routes = new RouteTable();
  // Fastify wants its handlers before Nest can make the filter.
  const problems: { filter?: ProblemFilter } = {};
  const adapter = new FastifyAdapter({
    genReqId: requestIdOf,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Requests that come while the server closes are still served: Fastify's own 503 would be no problem+json.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH, ignoreTrailingSlash: true },
    clientErrorHandler: answerBrokenRequest,
    // Node's own answer would have no body: see broken-requests.ts.
    http: { requireHostHeader: false, IncomingMessage: UpgradableMessage },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      void problems.filter?.answer(error, request, reply),
  });
  const instance = adapter.getInstance() as unknown as FastifyInstance;
  routes.watch(instance);
  endConnectionsOnClose(instance);
  const app = await NestFactory.create<NestFastifyApplication>(rootModule, adapter, {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
  const log = app.get(AppLogger, { strict: false });
  app.useLogger(new NestLogger(log));
  problems.filter = new ProblemFilter(log, routes);
  app.useGlobalFilters(problems.filter);
  const metrics = app.get(AppMetrics, { strict: false });
  logRequests(instance, log, metrics);
  explainBrokenRequests(instance);
  authoriseBeforeBody(instance, app, {
    rate: new RequestRate(app, options.config, metrics),
    maxBodyBytes: options.config.INGEST_MAX_BODY_BYTES,
  });
  serveDirectly(instance, app);
  routeUpgrades(instance);
  const maxInflatedBytes = options.config.INGEST_MAX_INFLATED_BYTES;
  registerBodyParsers(
    instance,
    { maxBodyBytes: options.config.INGEST_MAX_BODY_BYTES, maxInflatedBytes },
    // One body of the largest size must always fit.
    new BodyBudget(Math.max(options.config.INGEST_MAX_PENDING_BYTES, maxInflatedBytes), metrics),
  );
  return app;
}

/**
 * Starts listening, and returns where: with PORT=0 only the system knows the port.
 * Errors: OpsConfigError where HOST or PORT are not to be had.
 */
export async function listen(
  app: NestFastifyApplication,
  config: Pick<Config, 'HOST' | 'PORT'>,
): Promise<string> {
  await app.init();
  const instance = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  // Not Nest's listen: it logs a failure by itself, which whoever calls this tells in plain words.
  await instance.listen({ port: config.PORT, host: config.HOST }).catch((error: NodeJS.ErrnoException) => {
    throw toListenProblem(error, config);
  });
  const address = app.getHttpServer().address() as AddressInfo;
  return `http://${printableHost(address)}:${address.port}`;
}

function printableHost(address: AddressInfo): string {
  if (address.address === '0.0.0.0') return '127.0.0.1';
  if (address.address === '::') return '[::1]';
  return address.family === 'IPv6' ? `[${address.address}]` : address.address;
}
