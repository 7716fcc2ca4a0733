import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BodyBudget } from './body-budget';
import { isDirect } from './direct-route';
import { parseJsonBody, withoutByteOrderMark } from './parse-json-body';
import { RawBody } from './raw-body';
import { type BodyLimits, readRequestBody } from './request-body';

/** Bodies with one JSON value a line. Delivered as a Buffer: a broken line concerns its record only. */
export const LINES_MEDIA_TYPES = ['application/x-ndjson', 'application/jsonl', 'application/ndjson'];

/** Which bodies there are: JSON as a value, JSON lines as bytes. Any other type is refused with 415. */
export function registerBodyParsers(instance: FastifyInstance, limits: BodyLimits, budget: BodyBudget): void {
  budget.watch(instance);
  const read = async (request: FastifyRequest): Promise<Buffer> => {
    // What is announced is refused before anything of it is read.
    budget.hold(request, Math.min(Number(request.headers['content-length'] ?? 0), limits.maxBodyBytes));
    const body = await readRequestBody(request.raw, limits, (bytes) => budget.hold(request, bytes));
    budget.hold(request, body.length);
    return body;
  };
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', async (request: FastifyRequest) => {
    const body = await read(request);
    return isDirect(request) ? new RawBody(withoutByteOrderMark(body), 'json') : parseJsonBody(body);
  });
  instance.addContentTypeParser(LINES_MEDIA_TYPES, async (request: FastifyRequest) => {
    const body = withoutByteOrderMark(await read(request));
    return isDirect(request) ? new RawBody(body, 'lines') : body;
  });
}
