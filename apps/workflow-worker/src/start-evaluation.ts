import { decodeEvaluationRequest } from '../../../libs/contracts/src/evaluation-request.message';
import { splitLines } from '../../../libs/contracts/src/ndjson';
import { type EvaluationRequest, requestedInstant } from '../../../libs/core/src/alerting/evaluation-request';
import type { EncodedBatch, RejectedLine, WriteOutcome } from '../../../libs/core/src/ingest/write-outcome';
import type { ProjectScope } from '../../../libs/core/src/projects/project-scope';
import type { RequestedEvaluationStarter } from '../../../workflows/alert-evaluation/requested-evaluation.client';

/**
 * Starts one evaluation for all requests of a project that are taken together: the latest sees what the earlier ones would
 * have. A request that is delivered again starts nothing. Lines that are no request are rejected.
 * Errors: OpsError `unavailable` where Temporal does not answer.
 */
export async function startEvaluation(
  starter: Pick<RequestedEvaluationStarter, 'start'>,
  scope: ProjectScope,
  batch: EncodedBatch,
  delayMs: number,
): Promise<WriteOutcome> {
  const rejected: RejectedLine[] = [];
  const requests: EvaluationRequest[] = [];
  for (const [index, line] of splitLines(batch.ndjson).entries()) {
    const request = decodeEvaluationRequest(line);
    if (request === undefined) rejected.push({ index, reason: 'is no evaluation request' });
    else requests.push(request);
  }
  const [latest] = requests.toSorted((a, b) => b.requestedAtMs - a.requestedAtMs);
  if (latest === undefined) return { written: 0, duplicates: 0, rejected };
  const evaluateAtMs = requestedInstant(latest.requestedAtMs, delayMs);
  const isNew = await starter.start(scope, evaluateAtMs, latest.origin);
  const written = isNew ? 1 : 0;
  return { written, duplicates: requests.length - written, rejected };
}
