import type { RootCauseInput, RootCauseRanking } from '../../../analysis/src/root-cause';

/**
 * Ranks root causes without holding up the event loop of the caller. Errors: OpsError `overloaded` where too much of it waits
 * already, `unprocessable` where it takes too long; the signal's reason when it is aborted.
 */
export abstract class CauseRanking {
  abstract rank(input: RootCauseInput, signal: AbortSignal): Promise<RootCauseRanking>;
}
