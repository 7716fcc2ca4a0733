import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';

/** Opens a WebSocket at the address of an `http:` URL and collects what comes. Where it is refused, `problem` tells how. */
export async function openWebSocket(url: string, headers: Readonly<Record<string, string>>) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers });
  const received: any[] = []; // eslint-disable-line @typescript-eslint/no-explicit-any
  let head: IncomingHttpHeaders = {};
  socket.on('message', (data) => received.push(JSON.parse(String(data as Buffer))));
  socket.on('error', () => undefined);
  socket.on('upgrade', ({ headers }) => (head = headers));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  const opened = new Promise<101>((resolve) => socket.on('open', () => resolve(101)));
  const refused = new Promise<IncomingMessage>((resolve) =>
    socket.on('unexpected-response', (_request, response) => resolve(response)),
  );
  const answer = await Promise.race([opened, refused, closed]);
  const refusal = typeof answer === 'object' && 'statusCode' in answer ? answer : undefined;
  return {
    socket,
    received,
    status: answer === 101 ? 101 : refusal?.statusCode,
    headers: refusal?.headers ?? head,
    problem: refusal === undefined ? undefined : (JSON.parse(await text(refusal)) as Record<string, unknown>),
    closed,
    leave: () => socket.terminate(),
  };
}
