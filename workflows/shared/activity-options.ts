import type { ActivityOptions } from '@temporalio/workflow';

/** Timeouts and retries of all activities, each with its reason. Failures that no retry mends are marked by toActivityFailure. */

/**
 * One tick of a shard. Two minutes leave room for making up an hour of missed instants; the heartbeat finds a worker that
 * died in the middle. Few attempts, because the next tick continues from the same cursors anyway.
 */
export const EVALUATION_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '20 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
    maximumAttempts: 3,
  },
};

/**
 * Delivering one transition to its incident. No bound on attempts: the rule's state says already that it fired, so a
 * transition given up here would be an alert that nobody ever hears of. The bounded interval keeps an outage of hours from
 * costing more than one call a minute, and each transition retries by itself.
 */
export const HANDOVER_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * Gathering and keeping one snapshot: a handful of queries and one insert. It stands for an instant that is past, so it
 * may be late, but a snapshot that cannot be taken within some minutes is worth less than the load of trying on.
 */
export const SNAPSHOT_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '4 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 6,
  },
};

/** Reading one page of a listing from the catalog. */
export const LISTING_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '20 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
    maximumAttempts: 5,
  },
};
