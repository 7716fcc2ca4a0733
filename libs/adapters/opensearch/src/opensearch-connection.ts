import type { LookupFunction } from 'node:net';
import { Client, errors } from '@opensearch-project/opensearch';
import {
  FIND_SHARDS,
  NOT_READY,
  notOpenSearch,
  refusalOf,
  toEngineError,
  toRefusalError,
  unavailable,
} from './engine-error';
import { isFields } from './is-fields';
import { parseAnswer } from './parse-answer';
import { pooledConnection, type WholeAnswer } from './pooled-connection';

/** Why OpenSearch did not take a record: it has too much to do, cannot reach a shard, is blocked, or has something against the record. */
export const REFUSALS = ['overloaded', 'unreachable', 'blocked', 'record'] as const;
export type Refusal = (typeof REFUSALS)[number];

const ERROR_STATUS = 400;
/** Of a cluster, the node that is asked may just go: the next one is asked then, where that changes nothing. */
const MAX_TRIES = 3;
const SEARCH = /\/_m?search$/;
/**
 * Of questions about its state, so that they do not pile up in front of an engine that hangs. Shorter than a health check may take, so that
 * what is told is in our words, and in the same ones each time.
 */
export const CHECK_TIMEOUT_MS = 1800;

export interface OpenSearchOptions {
  /** With user and password in it, where the engine asks for them. */
  readonly url: string;
  /** Longest wait for the whole of an answer, from asking on. */
  readonly timeoutMs: number;
  /** Connections at once, kept open between requests. */
  readonly connections: number;
  /** Tells the addresses of the URL's host; by default as the system does. */
  readonly lookup?: LookupFunction | undefined;
  /** Those whose state is asked for, as patterns: a cluster may have others, and theirs is nothing to us. By default all. */
  readonly indices?: readonly string[];
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
  /** Where it is to be shorter than that of the connection. */
  readonly timeoutMs?: number;
}

export interface OpenSearchAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Before it is known what kind of answer it is. */
interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** One OpenSearch, by the official client. Bodies that are bytes go out as they are. */
export class OpenSearchConnection {
  /** Records that were refused since the start, each time that they were. */
  readonly refused: Record<Refusal, number> = { overloaded: 0, unreachable: 0, blocked: 0, record: 0 };
  private readonly client: Client;
  private readonly timeoutMs: number;
  private readonly healthPath: string;

  constructor({ url, timeoutMs, connections, lookup, indices = ['*'] }: OpenSearchOptions) {
    this.timeoutMs = timeoutMs;
    this.healthPath = `/_cluster/health/${indices.join(',')}`;
    this.client = new Client({
      node: url,
      Connection: pooledConnection({ connections, lookup }),
      // Whoever calls decides what is worth another try; a write that timed out may still be under way.
      maxRetries: 0,
      // There is no other node to turn to meanwhile.
      resurrectStrategy: 'none',
    });
  }

  /**
   * Errors: OpsError `unavailable`, in words that say what to do, where the engine does not answer or cannot do it now, or where
   * somebody else answers, as far as that can be told whatever was asked; RefusedRequestError for what it will never do.
   */
  async send(request: OpenSearchRequest): Promise<OpenSearchAnswer> {
    const { expected = [], timeoutMs = this.timeoutMs } = request;
    const { status, body } = await this.exchange(request, timeoutMs);
    if (status >= ERROR_STATUS && !(expected.includes(status) && isOfOpenSearch(status, body)))
      throw toRefusalError(refusalOf(status, body));
    if (!isFields(body)) throw notOpenSearch();
    return { status, body };
  }

  /** Errors: OpsError `unavailable` where it does not answer, has no cluster manager or has lost shards. */
  async check(): Promise<void> {
    const { status, discovered_cluster_manager: hasManager } = await this.health();
    if (hasManager === false) throw unavailable(NOT_READY);
    if (typeof status !== 'string') throw notOpenSearch();
    if (status === 'red') throw unavailable(`OpenSearch is red: shards are missing; ${FIND_SHARDS}`);
  }

  /**
   * As the node that is asked knows it: one that had to ask its cluster manager would say nothing for a minute where that one hangs,
   * in which questions are answered all the same.
   */
  async health(): Promise<OpenSearchAnswer['body']> {
    const query = { local: true, filter_path: 'status,discovered_cluster_manager' };
    const request = { method: 'GET', path: this.healthPath, query, timeoutMs: CHECK_TIMEOUT_MS } as const;
    return (await this.send(request)).body;
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private async exchange(request: OpenSearchRequest, timeoutMs: number): Promise<Answered> {
    const endsAtMs = performance.now() + timeoutMs;
    for (let attempt = 1; ; attempt++)
      try {
        return await this.exchangeOnce(request, Math.max(0, endsAtMs - performance.now()));
      } catch (error) {
        const isOver = attempt === MAX_TRIES || !(error instanceof errors.ConnectionError);
        if (isOver || !isQuestion(request)) throw toEngineError(error);
      }
  }

  private async exchangeOnce(request: OpenSearchRequest, timeoutMs: number): Promise<Answered> {
    const { method, path, query, body, lines } = request;
    const asked = this.client.transport.request(
      {
        method,
        path,
        ...(query !== undefined && { querystring: query }),
        ...(body !== undefined && { body }),
        ...(lines !== undefined && { bulkBody: lines }),
      },
      { asStream: true },
    );
    const timer = setTimeout(() => asked.abort(), timeoutMs);
    try {
      // The client's types know nothing of `asStream`.
      const answer = (await asked).body as unknown as WholeAnswer;
      return { status: answer.statusCode, body: parseAnswer(answer) };
    } finally {
      clearTimeout(timer);
    }
  }
}

function isQuestion({ method, path }: OpenSearchRequest): boolean {
  return method === 'GET' || SEARCH.test(path);
}

/** A refusal has a type, and a document that is not there is said not to be found. */
function isOfOpenSearch(status: number, body: unknown): boolean {
  return refusalOf(status, body).type !== '' || (isFields(body) && body['found'] === false);
}
