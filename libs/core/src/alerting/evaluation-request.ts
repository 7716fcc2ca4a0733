export const EVALUATION_ORIGINS = ['api', 'hint'] as const;
/** Who asked: a person or program at the API, or the writer of log records that sees more errors than usual. */
export type EvaluationOrigin = (typeof EVALUATION_ORIGINS)[number];

/** Asks for a project's rules to be evaluated without waiting for the schedule. */
export interface EvaluationRequest {
  readonly origin: EvaluationOrigin;
  readonly requestedAtMs: number;
}

const GRID_MS = 1000;

/**
 * The instant at which a request has the rules judged: the first whole second whose windows, which end `delayMs` before it,
 * hold everything up to the request. Whole seconds, so that requests at about the same time share one evaluation.
 */
export function requestedInstant(requestedAtMs: number, delayMs: number): number {
  return Math.ceil((requestedAtMs + delayMs) / GRID_MS) * GRID_MS;
}
