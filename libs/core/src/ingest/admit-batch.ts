import type { QueueDepth } from './ingest-queue.port';

export interface QueueLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** Of a queue. Only people make them fewer; taking more than they look at would fill the engine's disk. */
  readonly maxDeadLetters: number;
  /** Of those, of the project whose batch it is. */
  readonly maxOwnDeadLetters: number;
}

export type Admission =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reason: string; readonly retryAfterSeconds: number };

const MIN_RETRY_SECONDS = 1;
const MAX_RETRY_SECONDS = 60;
/** Whoever is sent away comes back to a queue with room, not to one that the first to return fills again. */
const DRAINED_SHARE = 0.9;

/**
 * Whether the queue takes another batch, and if not, when it will. The oldest message's age is how long the queue took
 * to drain what was before it (Little's law: rate = depth / age), and so says how long draining a share of it takes; at most
 * so long where what is new passes it. Dead letters stay until somebody comes, so that takes the longest.
 * @param ownDeadLetters those of the project
 */
export function admitBatch(depth: QueueDepth, limits: QueueLimits, ownDeadLetters = 0): Admission {
  if (ownDeadLetters >= limits.maxOwnDeadLetters)
    return {
      admitted: false,
      reason: `${ownDeadLetters} dead letters of this project are set aside; the limit is ${limits.maxOwnDeadLetters}: replay or discard them`,
      retryAfterSeconds: MAX_RETRY_SECONDS,
    };
  if (depth.deadLetters >= limits.maxDeadLetters)
    return {
      admitted: false,
      reason: `${depth.deadLetters} dead letters are set aside; the limit is ${limits.maxDeadLetters}: replay or discard them`,
      retryAfterSeconds: MAX_RETRY_SECONDS,
    };
  const messages = depth.messages / limits.maxMessages;
  const bytes = depth.bytes / limits.maxBytes;
  const fill = Math.max(messages, bytes);
  if (fill < 1) return { admitted: true };
  const surplusShare = (fill - DRAINED_SHARE) / fill;
  const seconds = Math.ceil((depth.oldestAgeMs / 1000) * surplusShare);
  return {
    admitted: false,
    reason:
      messages >= bytes
        ? `${depth.messages} messages wait; the limit is ${limits.maxMessages}`
        : `${depth.bytes} bytes wait; the limit is ${limits.maxBytes}`,
    retryAfterSeconds: Math.min(MAX_RETRY_SECONDS, Math.max(MIN_RETRY_SECONDS, seconds)),
  };
}
