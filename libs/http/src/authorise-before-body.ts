import type { INestApplicationContext } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKeyPermission } from '../../core/src/projects/api-key';
import { ApiKeyGuard, type PermissionConfig } from './api-key.guard';
import type { RequestRate } from './request-rate';

/**
 * Asks the guard of every route that names a permission before any of the body is read: Nest's own guards come after it,
 * and whoever has no key, or sends too many requests, must not make us hold, decompress or parse anything.
 */
export function authoriseBeforeBody(
  instance: FastifyInstance,
  app: INestApplicationContext,
  options: { readonly rate: RequestRate; readonly maxBodyBytes: number },
): void {
  let found: ApiKeyGuard | undefined;
  // Found when first needed: an application without guarded routes has none.
  const guard = () => (found ??= app.get<ApiKeyGuard>(ApiKeyGuard, { strict: false }));
  const authorise = async (
    request: FastifyRequest,
    reply: FastifyReply,
    permission: ApiKeyPermission,
  ): Promise<void> => {
    try {
      const key = await guard().authorise(request, permission);
      await options.rate.admit(key, permission, reply);
    } catch (error) {
      // Node throws the rest of the body away, and then the sender sees the answer; but not of any length.
      if (!(declaredBytes(request) <= options.maxBodyBytes)) reply.header('connection', 'close');
      throw error;
    }
  };
  instance.addHook('onRequest', (request, reply, done) => {
    const { permission } = request.routeOptions.config as PermissionConfig;
    const mayPass =
      permission === undefined ||
      (!options.rate.limits(permission) && guard().authoriseAtOnce(request, permission));
    if (mayPass) done();
    else authorise(request, reply, permission).then(() => done(), done);
  });
}

/** NaN where the request does not say. */
function declaredBytes({ headers }: FastifyRequest): number {
  if (headers['transfer-encoding'] !== undefined) return NaN;
  return Number(headers['content-length'] ?? 0);
}
