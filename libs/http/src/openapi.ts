import { z } from 'zod';
import { PROBLEM_MEDIA_TYPE, problemResponse } from '../../contracts/src/problem.contract';
import type { RouteDescription } from './describe-route';

/** What is known of one route from its decorators and contract pipes. */
export interface DocumentedRoute {
  readonly method: string;
  /** `/api/rules/:id` */
  readonly path: string;
  /** Names the operation; made unique by the path. */
  readonly operation: string;
  /** Of its answers that are no problems, unless the description says otherwise. */
  readonly status: number;
  readonly permission?: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly description?: RouteDescription;
}

type Json = Record<string, unknown>;

const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** The OpenAPI 3.1 document of these routes. */
export function buildOpenApi(routes: readonly DocumentedRoute[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'OpsPilot',
      version,
      description: 'Errors are application/problem+json (RFC 9457). Instants are ISO 8601 in UTC.',
    },
    paths: Object.fromEntries(Object.entries(paths).sort(([left], [right]) => (left < right ? -1 : 1))),
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key of the project' },
        bearer: { type: 'http', scheme: 'bearer', description: 'The same key as a bearer token' },
      },
      schemas: { Problem: schemaOf(problemResponse, 'output') },
    },
  };
}

function operationOf(route: DocumentedRoute): Json {
  const { description, permission } = route;
  return {
    operationId: `${route.operation}:${route.path}`.replace(/[^A-Za-z0-9]+/g, '_'),
    summary: description?.summary ?? route.operation,
    tags: [description?.tag ?? 'other'],
    ...(permission !== undefined && {
      description: `Needs a key with the permission "${permission}".`,
      security: [{ apiKey: [] }, { bearer: [] }],
    }),
    parameters: [...pathParameters(route.path), ...queryParameters(route.query)],
    ...(route.body !== undefined && { requestBody: requestBody(route.body) }),
    responses: {
      [description?.status ?? route.status]: {
        description: 'Success',
        ...(description?.response !== undefined && {
          content: { 'application/json': { schema: schemaOf(description.response, 'output') } },
        }),
      },
      default: {
        description: 'What went wrong',
        content: { [PROBLEM_MEDIA_TYPE]: { schema: PROBLEM } },
      },
    },
  };
}

function requestBody(body: z.ZodType): Json {
  const mayBeAbsent = body.safeParse({}).success;
  return { required: !mayBeAbsent, content: { 'application/json': { schema: schemaOf(body, 'input') } } };
}

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: `The ${String(name)} that an earlier answer gave`,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodType | undefined): readonly Json[] {
  if (query === undefined) return [];
  const schema = schemaOf(query, 'input');
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries((schema['properties'] ?? {}) as Record<string, Json>).map(([name, property]) => {
    // The only objects in query strings are tags: one parameter for each.
    const isTags = property['type'] === 'object';
    return {
      name: isTags ? 'tag.<name>' : name,
      in: 'query',
      required: required.includes(name),
      description: property['description'],
      schema: isTags ? { type: 'string' } : property,
    };
  });
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const json = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    // Zod leaves out the examples of what it transforms, as they might be of the output; ours show what is sent.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (Array.isArray(examples) && jsonSchema.examples === undefined)
        jsonSchema.examples = examples as never;
    },
  });
  return inlineDefinitions(json);
}

/** Schemas with an id come out as `$defs` beside the schema, which a `$ref` inside an OpenAPI document would not find. */
function inlineDefinitions(schema: Json): Json {
  const { $defs, ...rest } = schema;
  delete rest['$schema'];
  const definitions = ($defs ?? {}) as Record<string, Json>;
  const inline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inline);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, ...others } = value as Json;
    const name = typeof $ref === 'string' ? $ref.replace('#/$defs/', '') : undefined;
    const target = name === undefined ? {} : definitions[name];
    return Object.fromEntries(
      Object.entries({ ...target, ...others }).map(([key, inner]) => [key, inline(inner)]),
    );
  };
  return inline(rest) as Json;
}
