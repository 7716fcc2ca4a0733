import { Client } from '@opensearch-project/opensearch';
import { toEngineError, unavailable } from './engine-error';

export interface OpenSearchOptions {
  /** With user and password in it, where the engine asks for them. */
  readonly url: string;
  /** Longest wait for an answer. */
  readonly timeoutMs: number;
  /** Connections at once, kept open between requests. */
  readonly connections: number;
}

export interface OpenSearchRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
  /** Lines of JSON, sent as they are. */
  readonly lines?: string | Buffer;
  /** Statuses of refusals that are answers to the caller. */
  readonly expected?: readonly number[];
}

export interface OpenSearchAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One OpenSearch, by the official client. Bodies that are bytes go out as they are. */
export class OpenSearchConnection {
  private readonly client: Client;

  constructor({ url, timeoutMs, connections }: OpenSearchOptions) {
    this.client = new Client({
      node: url,
      requestTimeout: timeoutMs,
      // Whoever calls decides what is worth another try; a write that timed out may still be under way.
      maxRetries: 0,
      agent: { keepAlive: true, maxSockets: connections, maxFreeSockets: connections },
    });
  }

  /**
   * Errors: OpsError `unavailable`, in words that say what to do, where the engine does not answer or cannot do it now;
   * RefusedRequestError for what it will never do.
   */
  async send(request: OpenSearchRequest): Promise<OpenSearchAnswer> {
    const { method, path, query, body, lines, expected } = request;
    try {
      const answer = await this.client.transport.request(
        {
          method,
          path,
          ...(query !== undefined && { querystring: query }),
          ...(body !== undefined && { body }),
          ...(lines !== undefined && { bulkBody: lines }),
        },
        expected === undefined ? {} : { ignore: [...expected] },
      );
      return { status: answer.statusCode ?? 0, body: answer.body };
    } catch (error) {
      throw toEngineError(error);
    }
  }

  /** Errors: OpsError `unavailable` where it does not answer or has lost shards. */
  async check(): Promise<void> {
    const path = '/_cluster/health';
    const { body } = await this.send({ method: 'GET', path, query: { filter_path: 'status' } });
    if ((body as { readonly status?: string }).status === 'red')
      throw unavailable(
        'OpenSearch is red: shards are missing; start the nodes that have them, or restore them',
      );
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
