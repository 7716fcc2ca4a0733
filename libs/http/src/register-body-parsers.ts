import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SpareRooms } from '../../core/src/common/spare-rooms';
import type { BodyBudget } from './body-budget';
import { isDirect } from './direct-route';
import { parseJsonBody, withoutByteOrderMark } from './parse-json-body';
import { RawBody } from './raw-body';
import { type BodyLimits, type BodyMemory, readRequestBody } from './request-body';

/** Bodies with one JSON value a line. Delivered as a Buffer: a broken line concerns its record only. */
const LINES_MEDIA_TYPES = ['application/x-ndjson', 'application/jsonl', 'application/ndjson'];

/** Of bodies that are done with, for the next ones. */
const SPARE_BYTES = 8 * 1024 * 1024;

type Parse = (body: Buffer, request: FastifyRequest) => unknown;

/** Which bodies there are: JSON as a value, JSON lines as bytes. Any other type is refused with 415. */
export function registerBodyParsers(instance: FastifyInstance, limits: BodyLimits, budget: BodyBudget): void {
  budget.watch(instance);
  const rooms = new SpareRooms(SPARE_BYTES);
  instance.removeAllContentTypeParsers();
  const register = (types: string | string[], parse: Parse) =>
    instance.addContentTypeParser(types, parserWith(parse, limits, budget, rooms));
  register('application/json', (body, request) =>
    isDirect(request) ? new RawBody(withoutByteOrderMark(body), 'json', rooms) : parseJsonBody(body),
  );
  register(LINES_MEDIA_TYPES, (body, request) => {
    const lines = withoutByteOrderMark(body);
    return isDirect(request) ? new RawBody(lines, 'lines', rooms) : lines;
  });
}

function parserWith(parse: Parse, limits: BodyLimits, budget: BodyBudget, rooms: SpareRooms) {
  return (
    request: FastifyRequest,
    payload: IncomingMessage,
    done: (error: Error | null, value?: unknown) => void,
  ): void => {
    const memory: BodyMemory = {
      hold: (bytes) => budget.hold(request, bytes),
      giveBack: () => budget.giveBack(request),
      rooms,
    };
    try {
      // Before anything of it is read.
      budget.checkRoom(Math.min(Number(request.headers['content-length'] ?? 0), limits.maxBodyBytes));
    } catch (error) {
      done(error as Error);
      return;
    }
    readRequestBody(payload, limits, memory, (failure, body) => {
      if (failure !== null) {
        done(failure);
        return;
      }
      let value: unknown;
      try {
        value = parse(body, request);
      } catch (error) {
        done(error as Error);
        return;
      }
      done(null, value);
    });
  };
}
