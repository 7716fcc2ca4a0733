/** What kind of failure this is, and so who can do something about it. The HTTP edge maps each kind to one status. */
export type ErrorKind =
  | 'invalid' // 400: the request cannot be understood
  | 'unauthenticated' // 401
  | 'forbidden' // 403
  | 'not_found' // 404
  | 'conflict' // 409
  | 'too_large' // 413
  | 'unsupported_media_type' // 415
  | 'unprocessable' // 422: understood, and refused
  | 'overloaded' // 429: come back later
  | 'unavailable' // 503: an engine does not answer
  | 'internal'; // 500

/** One field that is wrong: where (dotted path or parameter name), what is wrong and what is allowed. */
export interface FieldProblem {
  readonly field: string;
  readonly reason: string;
  readonly allowed?: string;
}

export interface OpsErrorOptions {
  readonly cause?: unknown;
  readonly fields?: readonly FieldProblem[];
  /** For `overloaded` and `unavailable`: when a retry makes sense. */
  readonly retryAfterSeconds?: number;
}

/**
 * The one error class of OpsPilot. `code` is stable and one of those below; `message` is for people.
 * Errors are told apart by `kind` or `code`, never by their text.
 */
export class OpsError extends Error {
  override readonly name = 'OpsError';
  readonly fields: readonly FieldProblem[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly kind: ErrorKind,
    readonly code: ProblemCode,
    message: string,
    options: OpsErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.fields = options.fields ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Every problem code there is. A code is never reused for another meaning. */
export type ProblemCode =
  | 'OPS_REQUEST_MALFORMED'
  | 'OPS_REQUEST_INVALID'
  | 'OPS_REQUEST_TOO_LARGE'
  | 'OPS_REQUEST_TOO_MANY'
  | 'OPS_REQUEST_RATE'
  | 'OPS_REQUEST_MEDIA_TYPE'
  | 'OPS_REQUEST_UNKNOWN_ROUTE'
  | 'OPS_REQUEST_METHOD'
  | 'OPS_REQUEST_UPGRADE'
  | 'OPS_AUTH_MISSING_KEY'
  | 'OPS_AUTH_UNKNOWN_KEY'
  | 'OPS_AUTH_REVOKED_KEY'
  | 'OPS_AUTH_MISSING_SCOPE'
  | 'OPS_AUTH_WRONG_PROJECT'
  | 'OPS_INGEST_EMPTY_BATCH'
  | 'OPS_INGEST_NOTHING_ACCEPTED'
  | 'OPS_INGEST_IDEMPOTENCY_MISMATCH'
  | 'OPS_INGEST_QUEUE_FULL'
  | 'OPS_DEAD_LETTER_NOT_FOUND'
  | 'OPS_LOG_NOT_FOUND'
  | 'OPS_LOG_STREAM_LIMIT'
  | 'OPS_LOG_LABEL_NOT_FOUND'
  | 'OPS_ANOMALY_LABEL_LIMIT'
  | 'OPS_ANOMALY_LABEL_NOT_FOUND'
  | 'OPS_LOG_LABEL_LIMIT'
  | 'OPS_ANALYSIS_BUSY'
  | 'OPS_ANALYSIS_TOO_LONG'
  | 'OPS_RULE_NOT_FOUND'
  | 'OPS_RULE_LIMIT'
  | 'OPS_RULE_DISABLED'
  | 'OPS_RULE_REQUESTS_FULL'
  | 'OPS_CHANNEL_NOT_FOUND'
  | 'OPS_CHANNEL_LIMIT'
  | 'OPS_INCIDENT_NOT_FOUND'
  | 'OPS_INCIDENT_CLOSED'
  | 'OPS_INVESTIGATION_NOT_FOUND'
  | 'OPS_EVIDENCE_NOT_FOUND'
  | 'OPS_OBJECT_TOO_LARGE'
  | 'OPS_RUNBOOK_NOT_FOUND'
  | 'OPS_RUNBOOK_LIMIT'
  | 'OPS_MODEL_REFUSED'
  | 'OPS_SNAPSHOT_NOT_FOUND'
  | 'OPS_PROJECT_NOT_FOUND'
  | 'OPS_KEY_NOT_FOUND'
  | 'OPS_ENGINE_UNAVAILABLE'
  | 'OPS_WORKFLOW_UNAVAILABLE'
  | 'OPS_INTERNAL';
