import type { ServiceEdgeLimits } from './service-edge';

/**
 * A graph of services is as clear from a few hundred traces a minute as from all of them; counts of busier minutes are counts
 * of that sample. One setting for the schedule and for investigations, so that a minute has one answer.
 */
export const SERVICE_EDGE_LIMITS: ServiceEdgeLimits = {
  recordsPerMinute: 5000,
  tracesPerMinute: 300,
  recordsPerTrace: 200,
  edgesPerMinute: 500,
};
