import { z } from 'zod';
import type { ErrorKind, OpsError, ProblemCode } from '../../core/src/common/errors';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** RFC 9457, with the extensions `code`, `request_id` and `errors`. */
export const problemResponse = z
  .object({
    type: z
      .string()
      .describe('Names the kind of problem')
      .meta({ examples: ['urn:opspilot:problem:ops_request_invalid'] }),
    title: z
      .string()
      .describe('The kind of problem in words, the same each time')
      .meta({ examples: ['The request has fields that are wrong'] }),
    status: z
      .int()
      .describe('The HTTP status')
      .meta({ examples: [400] }),
    code: z
      .string()
      .describe('Stable code to tell problems apart by')
      .meta({ examples: ['OPS_REQUEST_INVALID'] }),
    detail: z
      .string()
      .describe('What happened this time')
      .meta({ examples: ['limit must be at most 1000'] }),
    instance: z
      .string()
      .describe('The path that was asked for')
      .meta({ examples: ['/api/logs/query'] }),
    request_id: z
      .string()
      .describe('Stands in the log lines of this request too')
      .meta({ examples: ['6f1b7a52-0d0c-4c0b-9b1e-0f8f5f0c2a11'] }),
    errors: z
      .array(
        z.object({
          field: z
            .string()
            .describe('Dotted path of the field, or name of the parameter')
            .meta({ examples: ['limit'] }),
          reason: z
            .string()
            .describe('What is wrong with it')
            .meta({ examples: ['is too large'] }),
          allowed: z
            .string()
            .optional()
            .describe('What is allowed')
            .meta({ examples: ['a whole number from 0 to 1000'] }),
        }),
      )
      .describe('Each field that is wrong')
      .meta({ examples: [[{ field: 'limit', reason: 'is too large', allowed: 'at most 1000' }]] }),
  })
  .meta({ id: 'Problem' });

export type ProblemResponse = z.output<typeof problemResponse>;

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  overloaded: 429,
  internal: 500,
  unavailable: 503,
};

const TITLES: Readonly<Record<ProblemCode, string>> = {
  OPS_REQUEST_MALFORMED: 'The request could not be read',
  OPS_REQUEST_INVALID: 'The request has fields that are wrong',
  OPS_REQUEST_TOO_LARGE: 'The request is too large',
  OPS_REQUEST_RATE: 'This API key sends too many requests',
  OPS_REQUEST_TOO_MANY: 'There are too many requests at once',
  OPS_REQUEST_MEDIA_TYPE: 'The request body has a type or an encoding that is not understood',
  OPS_REQUEST_UNKNOWN_ROUTE: 'There is nothing at this path',
  OPS_REQUEST_METHOD: 'This path does not take this method',
  OPS_REQUEST_UPGRADE: 'This path is a WebSocket',
  OPS_AUTH_MISSING_KEY: 'An API key is needed',
  OPS_AUTH_UNKNOWN_KEY: 'The API key is not known',
  OPS_AUTH_REVOKED_KEY: 'The API key has been revoked',
  OPS_AUTH_MISSING_SCOPE: 'The API key may not do this',
  OPS_AUTH_WRONG_PROJECT: 'The API key belongs to another project',
  OPS_INGEST_EMPTY_BATCH: 'The batch is empty',
  OPS_INGEST_NOTHING_ACCEPTED: 'No record of the batch could be accepted',
  OPS_INGEST_IDEMPOTENCY_MISMATCH: 'The Idempotency-Key was used with another request',
  OPS_INGEST_QUEUE_FULL: 'The ingest queue is full',
  OPS_DEAD_LETTER_NOT_FOUND: 'There is no such dead letter',
  OPS_LOG_NOT_FOUND: 'There is no such log record',
  OPS_LOG_STREAM_LIMIT: 'Too many streams are open',
  OPS_LOG_LABEL_NOT_FOUND: 'There is no such label of log patterns',
  OPS_ANOMALY_LABEL_LIMIT: 'The project has as many labels of anomalies as it may have',
  OPS_ANOMALY_LABEL_NOT_FOUND: 'There is no such label of anomalies',
  OPS_LOG_LABEL_LIMIT: 'The project has as many labels of log patterns as it may have',
  OPS_ANALYSIS_BUSY: 'Too many analyses run at the same time',
  OPS_ANALYSIS_TOO_LONG: 'The analysis took too long',
  OPS_RULE_NOT_FOUND: 'There is no such rule',
  OPS_RULE_LIMIT: 'The project has as many rules as it may have',
  OPS_RULE_DISABLED: 'The rule is disabled',
  OPS_RULE_REQUESTS_FULL: 'Too many requests to evaluate rules wait',
  OPS_CHANNEL_NOT_FOUND: 'There is no such channel',
  OPS_CHANNEL_LIMIT: 'The project has as many channels as it may have',
  OPS_INCIDENT_NOT_FOUND: 'There is no such incident',
  OPS_INCIDENT_CLOSED: 'The incident is resolved',
  OPS_INVESTIGATION_NOT_FOUND: 'There is no such investigation',
  OPS_EVIDENCE_NOT_FOUND: 'There is no such evidence',
  OPS_SNAPSHOT_NOT_FOUND: 'There is no such snapshot',
  OPS_PROJECT_NOT_FOUND: 'There is no such project',
  OPS_KEY_NOT_FOUND: 'There is no such API key',
  OPS_ENGINE_UNAVAILABLE: 'An engine does not answer',
  OPS_OBJECT_TOO_LARGE: 'The file is too large',
  OPS_RUNBOOK_NOT_FOUND: 'There is no such runbook',
  OPS_RUNBOOK_LIMIT: 'There are too many runbooks',
  OPS_MODEL_REFUSED: 'The language model refused',
  OPS_WORKFLOW_UNAVAILABLE: 'The workflow engine does not answer',
  OPS_INTERNAL: 'Something went wrong inside OpsPilot',
};

/** Codes whose status says more than their kind. */
const STATUS_OF_CODE: Partial<Readonly<Record<ProblemCode, number>>> = {
  OPS_REQUEST_METHOD: 405,
  OPS_REQUEST_UPGRADE: 426,
};

/** The HTTP status of an error. */
export function statusOf(error: Pick<OpsError, 'kind' | 'code'>): number {
  return STATUS_OF_CODE[error.code] ?? STATUS[error.kind];
}

/** What a caller is told of an error. Nothing of an internal one but its request id: its message may name our insides. */
export function toProblem(
  error: OpsError,
  request: { readonly path: string; readonly requestId: string },
): ProblemResponse {
  const isInternal = error.kind === 'internal';
  return {
    type: `urn:opspilot:problem:${error.code.toLowerCase()}`,
    title: TITLES[error.code],
    status: statusOf(error),
    code: error.code,
    detail: isInternal
      ? `an unexpected error; OpsPilot's log has it under the request id ${request.requestId}`
      : error.message,
    instance: request.path,
    request_id: request.requestId,
    errors: isInternal ? [] : error.fields.map((field) => ({ ...field })),
  };
}
