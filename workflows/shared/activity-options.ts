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
 * The rules of one project at an instant that somebody asked for. The same limits as for a tick, and more attempts: where the
 * schedule was away, each makes up for some of the instants before, and no tick judges this one in its place.
 */
export const REQUESTED_EVALUATION_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '20 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
    maximumAttempts: 10,
  },
};

/**
 * Delivering one transition to its incident. A week, because the rule's state says already that it fired, so a transition
 * given up here would be an alert that nobody ever hears of: an outage of the catalog is waited for, once a minute, and
 * each transition retries by itself. The bound is for ends of alerts whose incident there is no more, such as in a catalog
 * that was put back to an earlier state.
 */
export const HANDOVER_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * Taking up a shard's incidents again. Four minutes are less than until the next run; the heartbeat finds a worker that died in
 * the middle. Two attempts, because the next run takes up what is left.
 */
export const INCIDENT_SWEEP_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '4 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumAttempts: 2 },
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

/**
 * The service edges of a shard's last minutes. Three minutes leave room for making up an hour; the heartbeat finds a worker
 * that died in the middle. Two attempts, because the next run takes the same minutes again.
 */
export const SERVICE_EDGE_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumAttempts: 2 },
};

/**
 * Log clustering of one project: three counts over its records, mining in a thread and one save. The heartbeat finds a
 * worker that died in the middle; few attempts, because the next run goes on from the same place.
 */
export const CLUSTERING_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '20 seconds',
  retry: {
    initialInterval: '2 seconds',
    backoffCoefficient: 2,
    maximumInterval: '20 seconds',
    maximumAttempts: 3,
  },
};

/**
 * Anomaly detection of one project: what its series have new, and at first a day of each. Ten minutes leave room for the
 * first run over many series; the heartbeat finds a worker that died in the middle, and a retry skips what was saved. Few
 * attempts, because the next run goes on from the same place.
 */
export const DETECTION_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '20 seconds',
  retry: {
    initialInterval: '2 seconds',
    backoffCoefficient: 2,
    maximumInterval: '20 seconds',
    maximumAttempts: 3,
  },
};

/**
 * Deleting what has aged, of all projects or of one. It ends by itself after ten minutes; the heartbeat finds a worker that died
 * in the middle. Few attempts, because the next run goes on from the same place.
 */
export const RETENTION_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '20 seconds',
  retry: {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 3,
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

/**
 * Reading an incident and appending to its timeline. A week, because the timeline is the truth: an outage of the catalog
 * is waited for, once a minute, rather than losing what happened. The bound is for incidents that nobody can read any more.
 */
export const TIMELINE_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * One attempt at a delivery. Never retried by Temporal: the notification workflow counts attempts, so that each is on the
 * timeline. The timeout is the notifier's own and some time for reading the incident. It waits for its turn for an hour, which
 * thousands of messages to receivers that say nothing take.
 */
export function deliveryOptions(notifyTimeoutMs: number): ActivityOptions {
  return {
    startToCloseTimeout: notifyTimeoutMs + 30_000,
    scheduleToStartTimeout: '1 hour',
    retry: { maximumAttempts: 1 },
  };
}

/**
 * Creating, scoping, ranking and writing an investigation. Some minutes of trouble are waited out; then the investigation
 * fails and says so, and a person can ask for another. Cancelling waits for the one under way, because each writes the
 * investigation's row, and must not write it after it was closed.
 */
export const INVESTIGATION_OPTIONS: ActivityOptions = {
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  startToCloseTimeout: '2 minutes',
  scheduleToCloseTimeout: '15 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 12,
  },
};

/** One step of gathering. Few attempts: the report can do without it, and is wanted while the incident is young. */
export const GATHER_OPTIONS: ActivityOptions = {
  startToCloseTimeout: '90 seconds',
  scheduleToCloseTimeout: '4 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
    maximumAttempts: 4,
  },
};

/**
 * One question to a language model, with one retry. The statistical summary stands without it, so that where many incidents ask at
 * once, or the model hangs, none waits for its turn for more than a minute.
 */
export function modelOptions(modelTimeoutMs: number): ActivityOptions {
  return {
    startToCloseTimeout: modelTimeoutMs + 30_000,
    scheduleToStartTimeout: '1 minute',
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: 2 },
  };
}
