import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseJsonBody, withoutByteOrderMark } from './parse-json-body';
import { type BodyLimits, readRequestBody } from './request-body';

/** Bodies with one JSON value a line. Delivered as a Buffer: a broken line concerns its record only. */
export const LINES_MEDIA_TYPES = ['application/x-ndjson', 'application/jsonl', 'application/ndjson'];

/** Which bodies there are: JSON as a value, JSON lines as bytes. Any other type is refused with 415. */
export function registerBodyParsers(instance: FastifyInstance, limits: BodyLimits): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', async (request: FastifyRequest) =>
    parseJsonBody(await readRequestBody(request.raw, limits)),
  );
  instance.addContentTypeParser(LINES_MEDIA_TYPES, async (request: FastifyRequest) =>
    withoutByteOrderMark(await readRequestBody(request.raw, limits)),
  );
}
