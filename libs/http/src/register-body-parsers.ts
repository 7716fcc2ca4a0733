import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BodyBudget } from './body-budget';
import { parseJsonBody, withoutByteOrderMark } from './parse-json-body';
import { type BodyLimits, readRequestBody } from './request-body';

/** Bodies with one JSON value a line. Delivered as a Buffer: a broken line concerns its record only. */
export const LINES_MEDIA_TYPES = ['application/x-ndjson', 'application/jsonl', 'application/ndjson'];

/** So many bodies of the largest size may be under way at once. */
const LARGEST_BODIES_AT_ONCE = 8;

/** Which bodies there are: JSON as a value, JSON lines as bytes. Any other type is refused with 415. */
export function registerBodyParsers(instance: FastifyInstance, limits: BodyLimits): void {
  const budget = new BodyBudget(LARGEST_BODIES_AT_ONCE * limits.maxInflatedBytes);
  budget.watch(instance);
  const read = async (request: FastifyRequest): Promise<Buffer> => {
    const declared = Number(request.headers['content-length'] ?? limits.maxBodyBytes);
    const onWire = Math.min(declared, limits.maxBodyBytes);
    budget.hold(request, onWire);
    const body = await readRequestBody(request.raw, limits);
    budget.hold(request, Math.max(0, body.length - onWire));
    return body;
  };
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', async (request: FastifyRequest) =>
    parseJsonBody(await read(request)),
  );
  instance.addContentTypeParser(LINES_MEDIA_TYPES, async (request: FastifyRequest) =>
    withoutByteOrderMark(await read(request)),
  );
}
