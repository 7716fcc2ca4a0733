import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
  applyDecorators,
  createParamDecorator,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { OpsError } from '../../core/src/common/errors';
import type { Actor } from '../../core/src/incidents/timeline-event';
import { type ApiKey, type ApiKeyPermission, mayDo } from '../../core/src/projects/api-key';
import { ApiKeyStore } from '../../core/src/projects/api-key-store.port';
import { type ProjectScope, scopeOfApiKey } from '../../core/src/projects/project-scope';
import { AppStopwatch } from '../../runtime/src/app-stopwatch';
import { ApiKeyLookup } from './api-key-lookup';

export const PERMISSION_METADATA = 'opspilot:permission';

/** What a guarded route carries as its Fastify configuration. */
export interface PermissionConfig {
  readonly permission?: ApiKeyPermission;
}

type RequestWithKey = FastifyRequest & { apiKey?: ApiKey };

/** Lets a request pass that carries a key with the permission that the route asks for. Errors: 401, 403, 503. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  private readonly lookup: ApiKeyLookup;

  constructor(
    keys: ApiKeyStore,
    stopwatch: AppStopwatch,
    private readonly reflector: Reflector,
  ) {
    this.lookup = new ApiKeyLookup(keys, stopwatch);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const permission = this.reflector.getAllAndOverride<ApiKeyPermission | undefined>(PERMISSION_METADATA, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (permission === undefined) {
      throw new Error(`${context.getClass().name} is guarded and names no permission`);
    }
    await this.authorise(context.switchToHttp().getRequest<RequestWithKey>(), permission);
    return true;
  }

  async authorise(request: RequestWithKey, permission: ApiKeyPermission): Promise<ApiKey> {
    const key = request.apiKey ?? (await this.authenticate(request));
    if (!mayDo(key, permission)) {
      throw new OpsError(
        'forbidden',
        'OPS_AUTH_MISSING_SCOPE',
        `this needs a key with the permission "${permission}"; this key has: ${key.permissions.join(', ')}`,
      );
    }
    if (namesOtherProject(request, key)) {
      throw new OpsError(
        'forbidden',
        'OPS_AUTH_WRONG_PROJECT',
        'X-Project-ID names another project than the one this key belongs to',
      );
    }
    request.apiKey = key;
    return key;
  }

  /** As `authorise`, at once: false where that must look the key up, or refuses it. */
  authoriseAtOnce(request: RequestWithKey, permission: ApiKeyPermission): boolean {
    const secret = readSecret(request);
    const key = secret === undefined ? undefined : this.lookup.recall(secret);
    if (key === undefined || key.revokedAtMs !== undefined) return false;
    if (!mayDo(key, permission) || namesOtherProject(request, key)) return false;
    request.apiKey = key;
    return true;
  }

  /**
   * Whether the key that a request was let in with has been revoked since, for what goes on after its answer has begun.
   * Known within five seconds. Errors: OpsError `unavailable`.
   */
  async isRevoked(request: FastifyRequest): Promise<boolean> {
    const secret = readSecret(request);
    const key = secret === undefined ? undefined : await this.lookup.find(secret);
    return key === undefined || key.revokedAtMs !== undefined;
  }

  private async authenticate(request: FastifyRequest): Promise<ApiKey> {
    const secret = readSecret(request);
    if (secret === undefined) {
      throw new OpsError(
        'unauthenticated',
        'OPS_AUTH_MISSING_KEY',
        'send an API key as the header "X-API-Key: …" or "Authorization: Bearer …"',
      );
    }
    const key = await this.lookup.find(secret);
    if (key === undefined) {
      throw new OpsError('unauthenticated', 'OPS_AUTH_UNKNOWN_KEY', 'there is no such API key');
    }
    if (key.revokedAtMs !== undefined) {
      throw new OpsError('unauthenticated', 'OPS_AUTH_REVOKED_KEY', 'this API key has been revoked');
    }
    return key;
  }
}

function namesOtherProject({ headers }: FastifyRequest, key: ApiKey): boolean {
  const named = headers['x-project-id'];
  return named !== undefined && String(named).toLowerCase() !== key.projectId.toLowerCase();
}

function readSecret(request: FastifyRequest): string | undefined {
  const header = request.headers['x-api-key'];
  if (typeof header === 'string' && header.trim() !== '') return header.trim();
  return /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
}

/**
 * The route (or every route of the class that does not name its own) needs a key with this permission. Brings the guard
 * with it, and tells Fastify, so that the key is looked at before the body is. A direct route's method is a DirectHandler: see direct-route.ts.
 */
export function RequirePermission(
  permission: ApiKeyPermission,
  options: { readonly isDirect?: boolean } = {},
): ClassDecorator & MethodDecorator {
  const guarded = applyDecorators(SetMetadata(PERMISSION_METADATA, permission), UseGuards(ApiKeyGuard));
  return (target: object, name?: string | symbol, method?: PropertyDescriptor) => {
    if (name !== undefined && method !== undefined) {
      guarded(target, name, method);
      const direct = { controller: target.constructor, method: name };
      const config = options.isDirect === true ? { permission, direct } : { permission };
      RouteConfig(config)(target, name, method);
      return;
    }
    guarded(target as NewableFunction);
    // Fastify knows routes only, which Nest makes of methods.
    const config: PermissionConfig = { permission };
    for (const [each, own] of routesOf(target as NewableFunction)) RouteConfig(config)(target, each, own);
  };
}

function routesOf(controller: NewableFunction): readonly (readonly [string, PropertyDescriptor])[] {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(controller.prototype as object));
  // The class, which is its prototype's constructor, names the permission itself.
  return methods.filter(
    ([, { value }]) =>
      typeof value === 'function' && !Reflect.hasMetadata(PERMISSION_METADATA, value as object),
  );
}

function keyOf(context: ExecutionContext): ApiKey {
  return apiKeyOf(context.switchToHttp().getRequest<FastifyRequest>());
}

/** The key that the guard found in the request. */
export function apiKeyOf(request: FastifyRequest): ApiKey {
  const { apiKey } = request as RequestWithKey;
  if (apiKey === undefined) throw new Error('the route reads its caller and is not guarded');
  return apiKey;
}

/** The project of the request's key, as a ProjectScope. */
export const CurrentScope = createParamDecorator((_data: unknown, context: ExecutionContext): ProjectScope =>
  scopeOfApiKey(keyOf(context)),
);

/** The person behind the request's key, by the key's name. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext): Actor => ({
  kind: 'person',
  name: keyOf(context).name,
}));
