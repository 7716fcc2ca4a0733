/** An answer about a range that may still grow is never shown for longer than this. */
const RECENT_MS = 1000;
/** Of a range's age: what happened an hour ago may be shown for six minutes, if nothing else bounds it. */
const SHARE_OF_AGE = 0.1;

export interface AnsweredQuestion {
  /** When the range ended; in the future or now where it may still grow. */
  readonly endMs: number;
  readonly askedAtMs: number;
  /** Since when every asking has given this same answer. */
  readonly unchangedSinceMs: number;
}

/**
 * How long an answer may be shown again, in milliseconds: the longer, the older its range, but no longer than it has
 * been seen not to change. Old records may still come in, as when an old file is sent, and then an answer that has just
 * changed is soon asked for again (as HTTP caches derive a lifetime from Last-Modified: RFC 9111, 4.2.2).
 */
export function answerFreshMs(question: AnsweredQuestion, maxMs: number): number {
  const ageMs = question.askedAtMs - question.endMs;
  const unchangedMs = question.askedAtMs - question.unchangedSinceMs;
  return Math.min(maxMs, Math.max(RECENT_MS, Math.min(unchangedMs, ageMs * SHARE_OF_AGE)));
}
