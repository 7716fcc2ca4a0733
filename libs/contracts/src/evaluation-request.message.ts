import { z } from 'zod';
import { EVALUATION_ORIGINS, type EvaluationRequest } from '../../core/src/alerting/evaluation-request';
import { toIso } from '../../core/src/common/time-range';
import type { EncodedBatch } from '../../core/src/ingest/write-outcome';
import { encodeLines } from './ndjson';

const line = z.object({ origin: z.enum(EVALUATION_ORIGINS), requested_at: z.iso.datetime() });

/** A request as it lies in the queue: one line. */
export function encodeEvaluationRequest({ origin, requestedAtMs }: EvaluationRequest): EncodedBatch {
  const written: z.output<typeof line> = { origin, requested_at: toIso(requestedAtMs) };
  return encodeLines([written]);
}

/** Undefined where the line is no request. */
export function decodeEvaluationRequest(bytes: Uint8Array): EvaluationRequest | undefined {
  const read = line.safeParse(parseJson(new TextDecoder().decode(bytes)));
  if (!read.success) return undefined;
  const { origin, requested_at } = read.data;
  return { origin, requestedAtMs: Date.parse(requested_at) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
