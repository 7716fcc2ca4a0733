import type { MessageCluster } from './cluster-messages';
import type { LearnedTemplates, LearnRequest } from './learn-templates';

/**
 * Mines templates without holding up the event loop of the caller. Errors: OpsError `overloaded` where too much of it waits
 * already, `unprocessable` where it takes too long; the signal's reason when it is aborted.
 */
export abstract class TemplateMining {
  abstract cluster(messages: readonly string[]): Promise<readonly MessageCluster[]>;
  abstract learn(request: LearnRequest, signal: AbortSignal): Promise<LearnedTemplates>;
}
