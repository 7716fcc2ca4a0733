import { errors } from '@opensearch-project/opensearch';
import { OpsError } from '../../../core/src/common/errors';
import { isFields } from './is-fields';
import { MAX_RESULT_WINDOW } from './log-index-template';
import { BrokenAnswerError } from './parse-answer';

const RETRY_AFTER_SECONDS = 2;
const MAX_REASON_CHARS = 500;
/** A client's error holds request, headers and connection; none of it may reach a log line. */
const URL_CREDENTIALS = /\/\/[^/@\s]*@/g;

const DISK_FULL =
  'OpenSearch takes no writes, since its disk is nearly full (flood stage): free disk space or add some; it lifts the block by itself, and what waits is then stored';
const BLOCKED =
  'OpenSearch has blocked writes to an index, as retention has it do for seconds while it drops one: if it stays so, set index.blocks.* of it to null; what waits is then stored';
const CLUSTER_BLOCKED =
  'OpenSearch takes no writes at all, since somebody said so: set cluster.blocks.read_only and cluster.blocks.read_only_allow_delete to null; what waits is then stored';
export const NOT_READY =
  'OpenSearch is starting, or has no cluster manager: if it stays so, start the nodes that may be one and read its log; what waits is then stored';
const NO_NEW_INDEX =
  'OpenSearch makes no new index, since its disks are nearly full or somebody said so: free disk space, or set cluster.blocks.create_index to null; what waits is then stored';
const CLOSED =
  'a log index of OpenSearch is closed: open it with POST /INDEX/_open; what waits is then stored';
const OVERLOADED =
  'OpenSearch has more to do than it can hold: lower the load, give it more memory or add nodes; what waits is stored later';
const TOO_LITTLE_MEMORY =
  'OpenSearch refuses what would take more memory than it has: lower the load, ask for shorter ranges, give it more memory or add nodes; what waits is stored later';

const BREAKER_TYPE = 'circuit_breaking_exception';
/** Limits that questions of OpsPilot need, as OpenSearch or our template has them: somebody may have lowered them. */
const LEAST_LIMITS: Readonly<Record<string, number>> = {
  'index.max_result_window': MAX_RESULT_WINDOW,
  'search.max_buckets': 65_535,
};
const LIMIT = /limit can be set by changing the \[([\w.]+)\]/;
/** Which circuit breaker it was, such as `parent`, is the first word of its reason. */
const TRIPPED = /\[(\w+)\] Data too large/;

/** What brings shards back. */
export const FIND_SHARDS =
  'start the nodes that have them, restore them, or, where all nodes are there and have room, set cluster.routing.allocation.enable to null and call POST /_cluster/reroute?retry_failed=true';
const SHARDS_MISSING = `OpenSearch cannot reach all shards of the log indices: ${FIND_SHARDS}`;
const SILENT = 'OpenSearch does not answer: start it, or correct LOG_STORE_URL';
const NOT_OPENSEARCH = 'what answers at LOG_STORE_URL is not OpenSearch: correct it, or what lies in between';
/** Also of what lies in between: a shorter request may pass. */
const TOO_LARGE = 413;
/** What it answers where it would have to leave shards out, or has none to write to. */
const FAILED_SEARCH_TYPE = 'search_phase_execution_exception';
const MISSING_SHARD_TYPES: readonly string[] = [
  FAILED_SEARCH_TYPE,
  'no_shard_available_action_exception',
  'unavailable_shards_exception',
];
/** Of a node that has just gone, until the cluster has noticed; of the last one that is left, for as long as it is alone. */
const GONE_NODE_TYPES: readonly string[] = [
  'node_not_connected_exception',
  'node_disconnected_exception',
  'node_closed_exception',
  'connect_transport_exception',
];

export const BLOCK_TYPE = 'cluster_block_exception';
/** Of the reason, where it is not an index that is blocked. */
const OF_CLUSTER = 'cluster read-only';
const CLOSED_TYPE = 'index_closed_exception';

/** What OpenSearch answered instead of what was asked for. */
export interface EngineRefusal {
  /** HTTP status, of the answer or of one item of it. */
  readonly status: number;
  /** Such as `cluster_block_exception`; empty where the answer is not of OpenSearch. */
  readonly type: string;
  readonly reason: string;
}

/** A refusal that does not speak of the engine's state: a mistake of ours or of the data. */
export class RefusedRequestError extends Error {
  override readonly name = 'RefusedRequestError';

  constructor(readonly refusal: EngineRefusal) {
    super(`OpenSearch refused the request: ${refusal.type} ${refusal.reason}`);
  }
}

/** What to do, in words for whoever runs OpsPilot; undefined where the refusal does not speak of the engine's state. */
export function remedyOf({ status, type, reason }: EngineRefusal): string | undefined {
  if (isFloodStage({ status, type, reason })) return DISK_FULL;
  if (isNotReady({ status, type, reason })) return NOT_READY;
  if (type === BLOCK_TYPE && reason.includes(OF_CLUSTER)) return CLUSTER_BLOCKED;
  if (type === BLOCK_TYPE) return `${BLOCKED} (${reason})`;
  if (type === 'index_create_block_exception') return NO_NEW_INDEX;
  if (type === CLOSED_TYPE) return `${CLOSED} (${reason})`;
  if (status === 401)
    return 'OpenSearch does not know the user and password in LOG_STORE_URL: set the right ones and restart';
  if (status === 403)
    return `OpenSearch does not let the user in LOG_STORE_URL do this: give it the rights to manage, write and read the log indices (${reason})`;
  // Without the reasons, which are different each time: a problem is told once.
  if (type === BREAKER_TYPE)
    return `${TOO_LITTLE_MEMORY} (circuit breaker ${TRIPPED.exec(reason)?.[1] ?? 'unknown'})`;
  const [limit, least] = lowLimitIn(reason);
  if (least !== undefined)
    return `OpenSearch is set to answer no question of this size: raise ${limit} to ${least} at least`;
  if (status === 429) return `${OVERLOADED} (${type})`;
  if (reason.includes('maximum shards open') || reason.includes('maximum normal shards open'))
    return `OpenSearch has reached cluster.max_shards_per_node: delete indices, add a node or raise the limit (${reason})`;
  if (isMissingShards({ status, type, reason })) return SHARDS_MISSING;
  if (status >= 500 || status === 408)
    return `OpenSearch cannot do this now: if it stays so, read its log (${type})`;
  if (type === '' && status >= 400 && status !== TOO_LARGE) return NOT_OPENSEARCH;
  return undefined;
}

/** OpsError `unavailable` with the refusal's remedy, or a RefusedRequestError. */
export function toRefusalError(refusal: EngineRefusal): OpsError | RefusedRequestError {
  const remedy = remedyOf(refusal);
  const refused = new RefusedRequestError(refusal);
  return remedy === undefined ? refused : unavailable(remedy, refused);
}

/** Whether shards are missing, as they are for a moment while an index is made or deleted. */
export function hasMissingShards(error: unknown): boolean {
  return isRefusal(error, isMissingShards);
}

/** Whether OpenSearch answered, by refusing what was asked for. */
export function isRefused(error: unknown): boolean {
  return error instanceof RefusedRequestError || isRefusal(error, () => true);
}

/** Whether OpenSearch has blocked the index because its disk is nearly full. */
export function isDiskFull(error: unknown): boolean {
  return isRefusal(error, isFloodStage);
}

/** What the engine answered, where that is why it cannot do it now. */
export function refusalIn(error: unknown): EngineRefusal | undefined {
  return error instanceof OpsError && error.cause instanceof RefusedRequestError
    ? error.cause.refusal
    : undefined;
}

function isRefusal(error: unknown, is: (refusal: EngineRefusal) => boolean): boolean {
  const refusal = refusalIn(error);
  return refusal !== undefined && is(refusal);
}

function isFloodStage({ type, reason }: EngineRefusal): boolean {
  return type === BLOCK_TYPE && reason.includes('read-only-allow-delete');
}

/** Whether OpenSearch blocks everything until it has come up, or has a cluster manager again. */
export function isNotReady({ status, type }: EngineRefusal): boolean {
  return type === BLOCK_TYPE && status === 503;
}

function isMissingShards({ status, type }: EngineRefusal): boolean {
  // An index that is deleted in the middle of a search is not found by its shards: the next search does without it.
  const isGone = status === 404 && type === FAILED_SEARCH_TYPE;
  if (isGone || GONE_NODE_TYPES.includes(type)) return true;
  return status === 503 && MISSING_SHARD_TYPES.includes(type);
}

export function unavailable(message: string, cause?: unknown): OpsError {
  return new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', message, {
    cause,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

/** For an answer that lacks what OpenSearch's always has, such as a page of a load balancer: it says neither yes nor no. */
export function notOpenSearch(): OpsError {
  return unavailable(NOT_OPENSEARCH);
}

/** For an index that OpenSearch made by itself, where the template was gone. */
export function notSearched(name: string): OpsError {
  return unavailable(
    `the index ${name} was made without the index template of OpsPilot, so that no question finds its records: delete it, or index them anew under its name; what waits is then stored`,
  );
}

/** What went wrong on the way to an answer, as ours, without what the client's errors carry along. Other errors are returned as they are. */
export function toEngineError(error: unknown): unknown {
  if (!(error instanceof errors.OpenSearchClientError || error instanceof BrokenAnswerError)) return error;
  return unavailable(SILENT, new Error(withoutCredentials(error.message)));
}

export function toRefusal(status: number, error: unknown): EngineRefusal {
  const { type, reason: told, index } = causeIn(status, error) ?? (isFields(error) ? error : {});
  // It says no more than `closed`.
  const reason = type === CLOSED_TYPE && typeof index === 'string' ? index : told;
  return {
    status,
    type: typeof type === 'string' ? type : '',
    reason: withoutCredentials(typeof reason === 'string' ? reason : '').slice(0, MAX_REASON_CHARS),
  };
}

interface Cause {
  readonly type: string;
  readonly reason: unknown;
  readonly index?: unknown;
}

/**
 * A search names the circuit breaker that stopped it as one cause among others, or only in why it cancelled the rest, and so it does with
 * a limit, or with a node that is gone. What is held against a record (400) quotes the record, and is not looked into.
 */
function causeIn(status: number, error: unknown): Cause | undefined {
  if (!isFields(error)) return undefined;
  if (status !== 429 && status < 500 && error['type'] !== FAILED_SEARCH_TYPE) return undefined;
  const { root_cause: roots, caused_by: cause } = error;
  const causes = [error, ...(Array.isArray(roots) ? (roots as readonly unknown[]) : []), cause].filter(
    isFields,
  );
  const tripped = causes.find(
    ({ type, reason }) => type === BREAKER_TYPE || (typeof reason === 'string' && TRIPPED.test(reason)),
  );
  if (tripped !== undefined) return { type: BREAKER_TYPE, reason: tripped['reason'] };
  const named =
    causes.find(({ reason }) => lowLimitIn(reason)[1] !== undefined) ??
    causes.find(({ type }) => GONE_NODE_TYPES.includes(String(type)));
  return named && { type: String(named['type']), reason: named['reason'] };
}

/** The limit that a reason names, and what it must be at least; nothing where it names another one. */
function lowLimitIn(reason: unknown): readonly [limit: string, least: number | undefined] {
  const limit = typeof reason === 'string' ? (LIMIT.exec(reason)?.[1] ?? '') : '';
  return [limit, LEAST_LIMITS[limit]];
}

/** Of an answer with such a status. */
export function refusalOf(status: number, body: unknown): EngineRefusal {
  const error = isFields(body) && isFields(body['error']) ? body['error'] : { reason: `HTTP ${status}` };
  return toRefusal(status, error);
}

function withoutCredentials(text: string): string {
  return text.replace(URL_CREDENTIALS, '//');
}
