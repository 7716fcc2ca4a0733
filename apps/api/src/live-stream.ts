import type { FastifyRequest } from 'fastify';

/**
 * Why the server ends a stream: LOG_STREAM_MAX_MINUTES have passed, the process stops, what is shown cannot be read, or the key that it
 * was asked for with has been revoked.
 */
export type ServerEnd = 'over' | 'stopping' | 'failed' | 'revoked';
/** Or its client left, sent what a stream does not take, or gave no sign of life. */
export type StreamEnd = ServerEnd | 'left' | 'refused' | 'unresponsive';

/** An answer that goes on until one side ends it. The client may leave at any time, also before `begin`. */
export interface LiveStream {
  readonly kind: 'sse' | 'websocket';
  readonly request: FastifyRequest;
  /** Answers the request. Errors: OpsError `invalid` where nothing can be begun; then nothing has been answered yet. */
  begin(): void;
  /** Each text, JSON in one line, is a message of its own. Resolves when the client has room for more. Errors: where it is gone. */
  send(texts: readonly string[]): Promise<void>;
  /** Tells the client that so many records were passed over. Resolves and fails as `send` does. */
  sendLost(lost: number): Promise<void>;
  /** To be called regularly, so that neither side nor a proxy takes the other for gone. */
  beat(): void;
  /** Calls the listener once, whoever ends it. To be called before `begin`. */
  onEnd(listener: (end: StreamEnd) => void): void;
  end(end: ServerEnd): void;
}
