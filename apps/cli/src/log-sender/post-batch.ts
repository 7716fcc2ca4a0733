import { promisify, types } from 'node:util';
import { gzip } from 'node:zlib';
import { endpointOf } from '../endpoint';
import type { LogBatch } from './log-batch';

export interface SendTarget {
  readonly url: string;
  readonly apiKey: string;
}

export interface ListedRejection {
  readonly index: number;
  readonly reason: string;
}

/** What became of one request. */
export type PostOutcome =
  /** `listed` may be fewer than `rejectedCount`: an answer lists the first of many. */
  | {
      readonly kind: 'answered';
      readonly rejectedCount: number;
      readonly listed: readonly ListedRejection[];
    }
  /** Nothing of it was taken, and asking again may help. */
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'too_large' }
  /** Nothing of it was taken and never will be: `isFinal` where the same holds for every further batch. */
  | { readonly kind: 'refused'; readonly reason: string; readonly isFinal: boolean };

export type PostBatch = (
  batch: LogBatch,
  idempotencyKey: string,
  signal: AbortSignal,
) => Promise<PostOutcome>;

const compress = promisify(gzip);
const COMPRESSION_LEVEL = 3;
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_ANSWER_CHARS = 4_000_000;

export function postTo(target: SendTarget): PostBatch {
  const endpoint = endpointOf(target.url, '/api/ingest/logs');
  return async (batch, idempotencyKey, signal) => {
    const body = await compress(`{"logs":[${batch.records.join(',')}]}`, { level: COMPRESSION_LEVEL });
    const headers = {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'x-api-key': target.apiKey,
      'idempotency-key': idempotencyKey,
    };
    try {
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
      const response = await fetch(endpoint, {
        method: 'POST',
        headers,
        body,
        signal: timeout,
        redirect: 'error',
      });
      const text = (await response.text()).slice(0, MAX_ANSWER_CHARS);
      return toOutcome(response.status, text, response.headers.get('retry-after'), batch.records.length);
    } catch (error) {
      return { kind: 'retry', reason: networkReason(error), retryAfterMs: undefined };
    }
  };
}

/** Whoever answers so is OpsPilot, in another role. */
export const UNKNOWN_ROUTE = 'OPS_REQUEST_UNKNOWN_ROUTE';
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);
const FINAL_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405, 415]);

/** The table of answers: a 2xx may reject single records, 422 may reject all of them, 429 and 5xx pass. */
export function toOutcome(
  status: number,
  body: string,
  retryAfter: string | null,
  recordCount: number,
): PostOutcome {
  const answer = parseAnswer(body);
  if (status >= 200 && status < 300) {
    const rejectedCount = answer?.['rejected'];
    if (answer !== undefined && typeof rejectedCount === 'number')
      return { kind: 'answered', rejectedCount, listed: rejectionsIn(answer, recordCount) };
    return { kind: 'refused', reason: `HTTP ${status}, but not the answer of OpsPilot`, isFinal: true };
  }
  const reason = describe(status, answer);
  if (status >= 500 || RETRIED_STATUSES.has(status))
    return { kind: 'retry', reason, retryAfterMs: retryAfterMs(retryAfter) };
  if (status === 413 && recordCount > 1) return { kind: 'too_large' };
  const listed = answer === undefined ? [] : rejectionsIn(answer, recordCount);
  if (status === 422 && listed.length > 0) return { kind: 'answered', rejectedCount: recordCount, listed };
  return { kind: 'refused', reason, isFinal: FINAL_STATUSES.has(status) };
}

type Answer = Readonly<Record<string, unknown>>;

function parseAnswer(body: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}

/** `errors` of a 202 names records by index, that of a problem as a path such as logs.3.message. */
function rejectionsIn(answer: Answer, recordCount: number): ListedRejection[] {
  const entries = answer['errors'];
  if (!Array.isArray(entries)) return [];
  const byIndex = new Map<number, string>();
  for (const entry of entries as unknown[]) {
    if (typeof entry !== 'object' || entry === null) continue;
    const { index: given, reason, field } = entry as Answer;
    const path = typeof field === 'string' ? field : '';
    const index = typeof given === 'number' ? given : Number(/^logs\.(\d{1,7})/.exec(path)?.[1] ?? NaN);
    if (!Number.isInteger(index) || index < 0 || index >= recordCount || byIndex.has(index)) continue;
    const name = path.replace(/^logs\.\d+\.?/, '');
    const why = typeof reason === 'string' ? reason : 'no reason was given';
    byIndex.set(index, name === '' ? why : `${name} ${why}`);
  }
  return [...byIndex].map(([index, reason]) => ({ index, reason }));
}

function describe(status: number, answer: Answer | undefined): string {
  if (status === 404 && answer?.['code'] === UNKNOWN_ROUTE)
    return 'OpsPilot is there, but not its role ingest: name the address of ingest (--url or OPSPILOT_URL)';
  const detail = answer?.['detail'] ?? answer?.['title'];
  return typeof detail === 'string' ? `HTTP ${status}: ${detail}` : `HTTP ${status}`;
}

/** Seconds, or a date (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** Not by instanceof: fetch belongs to another realm where tests run. */
function networkReason(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${REQUEST_TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  if (!types.isNativeError(cause)) return error.message;
  if (!('code' in cause)) return cause.message;
  return cause.code === 'ECONNREFUSED' ? 'connection refused' : String(cause.code);
}
