const NOT_FOUND = 5;
const NO_NAMESPACE =
  'Temporal has no namespace of the name in TEMPORAL_NAMESPACE: make it with temporal operator namespace create, or correct TEMPORAL_NAMESPACE';
const SILENT = 'Temporal does not answer: start it, or correct TEMPORAL_ADDRESS';
/** gRPC's DEADLINE_EXCEEDED and UNAVAILABLE; the worker's own client names the class of its error only. */
const SILENT_CODES: readonly unknown[] = [4, 14];
const SILENT_NAME = 'TransportError';

/**
 * Why Temporal could not be asked, and what to do, in words for whoever runs OpsPilot; undefined where it is neither
 * silent nor without our namespace.
 */
export function describeTemporalProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (codeOf(error) === NOT_FOUND && /namespace/i.test(error.message)) return NO_NAMESPACE;
  return isSilence(error) ? SILENT : undefined;
}

/** Whether Temporal has said nothing; a refusal is an answer. The client tells why in the cause of some of its errors. */
export function isSilence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return SILENT_CODES.includes(codeOf(error)) || error.name === SILENT_NAME || isSilence(error.cause);
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}
