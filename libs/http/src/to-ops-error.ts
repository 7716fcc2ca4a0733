import { HttpException } from '@nestjs/common';
import { ZodError } from 'zod';
import { type ErrorKind, OpsError, type ProblemCode } from '../../core/src/common/errors';
import { toFieldProblems } from './field-problems';

/** Any thrown value as an OpsError. What nobody foresaw becomes `internal`, with the value as its cause. */
export function toOpsError(thrown: unknown): OpsError {
  if (thrown instanceof OpsError) return thrown;
  if (thrown instanceof ZodError) {
    const fields = toFieldProblems(thrown, undefined);
    return new OpsError('invalid', 'OPS_REQUEST_INVALID', 'the request has fields that are wrong', {
      cause: thrown,
      fields,
    });
  }
  const status = clientErrorStatus(thrown);
  if (status === undefined)
    return new OpsError('internal', 'OPS_INTERNAL', 'unexpected error', { cause: thrown });
  return fromStatus(status, thrown instanceof Error ? thrown.message : 'the request was refused', thrown);
}

/** The 4xx status that Nest or Fastify gave the error; undefined for everything else. */
function clientErrorStatus(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return inClientRange(thrown.getStatus());
  if (!(thrown instanceof Error) || !('code' in thrown) || !('statusCode' in thrown)) return undefined;
  const isFastify = typeof thrown.code === 'string' && thrown.code.startsWith('FST_');
  return isFastify && typeof thrown.statusCode === 'number' ? inClientRange(thrown.statusCode) : undefined;
}

function inClientRange(status: number): number | undefined {
  return status >= 400 && status < 500 ? status : undefined;
}

const BY_STATUS: Readonly<Record<number, readonly [ErrorKind, ProblemCode]>> = {
  401: ['unauthenticated', 'OPS_AUTH_MISSING_KEY'],
  403: ['forbidden', 'OPS_AUTH_MISSING_SCOPE'],
  404: ['not_found', 'OPS_REQUEST_UNKNOWN_ROUTE'],
  405: ['not_found', 'OPS_REQUEST_METHOD'],
  413: ['too_large', 'OPS_REQUEST_TOO_LARGE'],
  414: ['not_found', 'OPS_REQUEST_UNKNOWN_ROUTE'],
  415: ['unsupported_media_type', 'OPS_REQUEST_MEDIA_TYPE'],
};

function fromStatus(status: number, message: string, cause: unknown): OpsError {
  const [kind, code] = BY_STATUS[status] ?? (['invalid', 'OPS_REQUEST_MALFORMED'] as const);
  const detail =
    code === 'OPS_REQUEST_MEDIA_TYPE'
      ? 'send the body with a Content-Type that this path takes: application/json, or for ingest also application/x-ndjson'
      : message;
  return new OpsError(kind, code, detail, { cause });
}
