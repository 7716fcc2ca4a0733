import 'reflect-metadata';
import { HttpStatus, type PipeTransform, RequestMethod } from '@nestjs/common';
import {
  HTTP_CODE_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import type { DiscoveryService } from '@nestjs/core';
import type { z } from 'zod';
import { PERMISSION_METADATA } from './api-key.guard';
import { ContractPipe } from './contract.pipe';
import { ROUTE_DESCRIPTION_METADATA, type RouteDescription } from './describe-route';
import type { DocumentedRoute } from './openapi';

interface ParameterMetadata {
  readonly pipes?: readonly unknown[];
}

const BODY_PARAMETER = '3';
const QUERY_PARAMETER = '4';

/** Every route of the application, from the metadata that its decorators left. */
export function collectRoutes(discovery: DiscoveryService): readonly DocumentedRoute[] {
  return discovery.getControllers().flatMap(({ metatype }) => {
    if (typeof metatype !== 'function') return [];
    const prototype = metatype.prototype as Record<string, unknown>;
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      return typeof handler === 'function' ? routesOf(metatype, name, handler) : [];
    });
  });
}

function routesOf(controller: object, name: string, handler: object): readonly DocumentedRoute[] {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === undefined) return [];
  const permission = (Reflect.getMetadata(PERMISSION_METADATA, handler) ??
    Reflect.getMetadata(PERMISSION_METADATA, controller)) as string | undefined;
  const description = Reflect.getMetadata(ROUTE_DESCRIPTION_METADATA, handler) as
    RouteDescription | undefined;
  const status = (Reflect.getMetadata(HTTP_CODE_METADATA, handler) ??
    (method === RequestMethod.POST ? HttpStatus.CREATED : HttpStatus.OK)) as number;
  const query = contractOf(controller, name, QUERY_PARAMETER);
  const body = contractOf(controller, name, BODY_PARAMETER);
  return pathsOf(controller).flatMap((prefix) =>
    pathsOf(handler).map((path) => ({
      method: RequestMethod[method],
      path: `/${[prefix, path].join('/').split('/').filter(Boolean).join('/')}`,
      operation: name,
      status,
      ...(permission !== undefined && { permission }),
      ...(description !== undefined && { description }),
      ...(query !== undefined && { query }),
      ...(body !== undefined && { body }),
    })),
  );
}

function pathsOf(target: object): readonly string[] {
  const paths = (Reflect.getMetadata(PATH_METADATA, target) ?? '') as string | readonly string[];
  return typeof paths === 'string' ? [paths] : paths;
}

/** The schema of the contract pipe on a handler's body or query: Nest keeps parameters as `<kind>:<index>`. */
function contractOf(controller: object, name: string, kind: string): z.ZodType | undefined {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Record<
    string,
    ParameterMetadata
  >;
  const pipes = Object.entries(parameters).flatMap(([key, { pipes }]) =>
    key.startsWith(`${kind}:`) ? (pipes ?? []) : [],
  );
  const documented = pipes.find((pipe): pipe is PipeTransform & { readonly schema: z.ZodType } =>
    hasSchema(pipe),
  );
  return documented?.schema;
}

/** ContractPipe, and pipes of apps that show the schema which they check. */
function hasSchema(pipe: unknown): boolean {
  return pipe instanceof ContractPipe || (typeof pipe === 'object' && pipe !== null && 'schema' in pipe);
}
