import {
  type IncomingMessage,
  maxHeaderSize,
  STATUS_CODES,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { PROBLEM_MEDIA_TYPE, toProblem } from '../../contracts/src/problem.contract';
import { OpsError } from '../../core/src/common/errors';

/** For the client to read the answer: a connection that is destroyed takes along what has not been read. */
const ANSWERED_MS = 2000;

/** What Node's errors mean, by their code; any other is one of form. */
const PROBLEMS: ReadonlyMap<string, readonly [status: number, detail: string]> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'the request did not come to its end in time']],
  ['HPE_HEADER_OVERFLOW', [431, `address and headers are longer than ${maxHeaderSize} bytes together`]],
]);

/** For what is not even HTTP, or has too large a head, or comes too slowly: there is no request to answer, only a socket. */
export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, detail] = PROBLEMS.get(error.code ?? '') ?? [400, 'the request is not well-formed HTTP'];
  const body = problemBody(status, detail, error);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  destroySoon(socket);
}

/** A client that hangs never closes its side, and as long as it does not, its request has not ended and holds what it holds. */
function destroySoon(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), ANSWERED_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

/**
 * Answers with a problem what Node's server would answer with an empty body: an unknown Expect, and HTTP/1.1 without Host (for
 * which the server must be made with requireHostHeader: false).
 */
export function explainBrokenRequests(instance: FastifyInstance): void {
  (instance.server as Server).on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const body = problemBody(417, 'only "Expect: 100-continue" is understood');
    response.writeHead(417, {
      'content-type': PROBLEM_MEDIA_TYPE,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    });
    response.end(body);
  });
  instance.addHook('onRequest', (request, _reply, done) => {
    const { headers, httpVersion } = request.raw;
    const isHostMissing = headers.host === undefined && httpVersion === '1.1';
    done(isHostMissing ? malformed('HTTP/1.1 asks for the header Host') : undefined);
  });
}

function problemBody(status: number, detail: string, cause?: unknown): string {
  return JSON.stringify({ ...toProblem(malformed(detail, cause), { path: '', requestId: '' }), status });
}

function malformed(detail: string, cause?: unknown): OpsError {
  return new OpsError('invalid', 'OPS_REQUEST_MALFORMED', detail, { cause });
}
