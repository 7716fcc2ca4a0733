import type { INestApplicationContext, Type } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ProjectScope, scopeOfApiKey } from '../../core/src/projects/project-scope';
import { apiKeyOf } from './api-key.guard';
import { RawBody } from './raw-body';

/** What the method of a direct route is given, in this order. Through Nest it would be the same. */
export type DirectHandler = (
  scope: ProjectScope,
  body: RawBody,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<unknown>;

/** A route's Fastify configuration: which method of which controller serves it without Nest in between. */
export interface DirectConfig {
  readonly direct?: { readonly controller: Type<Record<string, DirectHandler>>; readonly method: string };
}

export function isDirect(request: FastifyRequest): boolean {
  return (request.routeOptions.config as DirectConfig).direct !== undefined;
}

/**
 * Routes that RequirePermission marks as direct are called by Fastify itself: for a request with one log record, Nest's layers (guards,
 * pipes and interceptors that have nothing to do there) would cost more than all the rest. The key is looked at and errors are
 * answered as everywhere. Must be called before the routes are added.
 */
export function serveDirectly(instance: FastifyInstance, app: INestApplicationContext): void {
  instance.addHook('onRoute', (route) => {
    const { direct } = (route.config ?? {}) as DirectConfig;
    if (direct === undefined) return;
    const { controller, method } = direct;
    const serve = app.get<Record<string, DirectHandler>>(controller, { strict: false });
    const status = Reflect.getMetadata(HTTP_CODE_METADATA, serve[method] as object) as number;
    route.handler = (request, reply) => {
      void reply.code(status);
      const body = request.body instanceof RawBody ? request.body : NO_BODY;
      return serve[method]?.(scopeOfApiKey(apiKeyOf(request)), body, request, reply);
    };
  });
}

const NO_BODY = new RawBody(Buffer.alloc(0), 'json');
