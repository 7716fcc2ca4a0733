import { uuidOfName } from '../common/name-uuid';
import type { DeliveryOutcome } from './notifier.port';

export interface DeliveryLimits {
  readonly maxAttempts: number;
  readonly firstBackoffMs: number;
}

/** What follows an attempt. */
export type NextAttempt =
  | { readonly decision: 'done' }
  | { readonly decision: 'retry'; readonly waitMs: number }
  | { readonly decision: 'give_up' };

const MAX_BACKOFF_MS = 5 * 60_000;
/** A destination may ask for more patience than our own backoff, within reason. */
const MAX_RETRY_AFTER_MS = 15 * 60_000;
/** Up to this part of the backoff is taken off, so that the retries of many notifications spread out. */
const JITTER = 0.25;

/**
 * Exponential backoff: the first wait doubles after each attempt, up to 5 minutes, less jitter. A Retry-After that asks
 * for more is honoured up to 15 minutes. The jitter depends only on the seed and the attempt, so a replay decides alike.
 */
export function nextAttempt(
  outcome: DeliveryOutcome,
  attempt: number,
  limits: DeliveryLimits,
  seed: string,
): NextAttempt {
  if (outcome.outcome === 'delivered') return { decision: 'done' };
  if (!outcome.retryable || attempt >= limits.maxAttempts) return { decision: 'give_up' };
  const backoffMs = Math.min(limits.firstBackoffMs * 2 ** (attempt - 1), MAX_BACKOFF_MS);
  const jitteredMs = backoffMs * (1 - JITTER * fractionOf(`${seed}:${attempt}`));
  const askedMs = Math.min(Math.max(outcome.retryAfterSeconds ?? 0, 0) * 1000, MAX_RETRY_AFTER_MS);
  return { decision: 'retry', waitMs: Math.round(Math.max(jitteredMs, askedMs)) };
}

/** A number from 0 to 1 that looks random and is the same for the same text. */
function fractionOf(text: string): number {
  return parseInt(uuidOfName(text).slice(0, 8), 16) / 0xffffffff;
}
