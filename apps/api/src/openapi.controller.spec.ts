import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApiApp } from '../../../test/support/api-app';
import { KeysInMemory } from '../../../test/support/keys-in-memory';

type Json = Record<string, unknown>;

let app: NestFastifyApplication;
let document: { openapi: string; paths: Record<string, Record<string, Json>>; components: Json };
const routes: string[] = [];

beforeAll(async () => {
  app = await createApiApp({ apiKeys: new KeysInMemory() }, 0);
  document = (await app.inject('/api/openapi.json')).json();
  const printed = app
    .getHttpAdapter()
    .getInstance()
    .printRoutes({ commonPrefix: false, includeHooks: false });
  const path: string[] = [];
  for (const line of printed.split('\n')) {
    const match = /^([│ ]*)[├└]── (\S+)(?: \(([^)]+)\))?/.exec(line);
    if (match === null) continue;
    const depth = (match[1] ?? '').length / 4;
    path.length = depth;
    path[depth] = match[2] ?? '';
    const methods = (match[3] ?? '').split(', ').filter((method) => method !== '' && method !== 'HEAD');
    for (const method of methods) routes.push(`${method} ${path.join('') || '/'}`.replace('//', '/'));
  }
});

afterAll(() => app.close());

/** Every schema in the document that stands for a field: a property, or a parameter. */
function fieldsIn(value: unknown, at: string): (readonly [string, Json])[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => fieldsIn(item, `${at}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  const { properties, ...others } = value as Json;
  const own = Object.entries((properties ?? {}) as Record<string, Json>).flatMap(([name, schema]) => [
    [`${at}.${name}`, schema] as const,
    ...fieldsIn(schema, `${at}.${name}`),
  ]);
  const isExamples = (name: string) => name === 'examples' || name === 'default';
  const nested = Object.entries(others).flatMap(([name, inner]) =>
    isExamples(name) ? [] : fieldsIn(inner, `${at}/${name}`),
  );
  return [...own, ...nested];
}

describe('GET /api/openapi.json', () => {
  it('has every route of the app, and no other', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.length).toBeGreaterThan(40);
    expect(documented.sort()).toEqual([...new Set(routes)].sort());
  });

  it('describes every field, with an example', () => {
    const fields = fieldsIn(document, '');
    expect(fields.length).toBeGreaterThan(300);
    expect(
      fields.filter(([, schema]) => typeof schema['description'] !== 'string').map(([at]) => at),
    ).toEqual([]);
    expect(fields.filter(([, schema]) => !Array.isArray(schema['examples'])).map(([at]) => at)).toEqual([]);
  });

  it('says of every operation what it is for, what a refusal looks like and which key it needs', () => {
    const ids = new Set<string>();
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const { summary, operationId, responses, security, parameters } = operation as {
          summary: string;
          operationId: string;
          responses: Json;
          security?: unknown;
          parameters: Json[];
        };
        expect(summary).not.toBe(operationId);
        expect(ids.has(operationId)).toBe(false);
        ids.add(operationId);
        expect(responses['default']).toBeDefined();
        expect(parameters.every((parameter) => typeof parameter['description'] === 'string')).toBe(true);
        const isPublic = /^\/(health|healthz|ready|metrics|api\/openapi\.json)?$/.test(path);
        expect([method, path, security === undefined]).toEqual([method, path, isPublic]);
      }
    }
  });

  it('says of every operation with what status it answers, as Nest does', () => {
    const statuses = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(
        ([method, { responses }]) => `${Object.keys(responses as Json)[0]} ${method.toUpperCase()} ${path}`,
      ),
    );
    expect(statuses).toEqual(
      expect.arrayContaining([
        '200 GET /api/rules',
        '201 POST /api/rules',
        '202 POST /api/rules/{id}/evaluate',
        '204 DELETE /api/rules/{id}',
        '200 POST /api/incidents/{id}/acknowledge',
        '200 POST /api/metrics/query-multiple',
        '101 GET /api/logs/ws',
      ]),
    );
  });

  it('holds no reference that leads nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, target]) => target ?? '',
    );
    expect(new Set(references)).toEqual(new Set(['components/schemas/Problem']));
    for (const target of references) {
      const found = target
        .split('/')
        .reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);
      expect(found).toBeDefined();
    }
  });

  it('is linked from the index', async () => {
    const index = (await app.inject('/')).json<{ links: Record<string, string> }>();
    expect(index.links['openapi']).toBe('/api/openapi.json');
  });
});
