import { setTimeout as wait } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Clock } from '../../../core/src/common/clock';
import { engineUnavailable } from './engine-error';

/** So long windows of rules wait for late records by default: less makes no difference to them. */
const TOLERATED_MS = 5000;
/** The words stay the same from one look to the next. */
const ROUNDED_TO_SECONDS = 10;
/** Whoever does not answer by then is reported as such by the check of the database. */
const LONGEST_WAIT_MS = 1000;
const NOW = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms';

/**
 * Compares the clock of this process with that of the database, which all processes share. Errors: OpsError `unavailable` where they are
 * further apart than the question took; none where the database does not answer.
 */
export async function checkClock(pool: Pool, clock: Clock): Promise<void> {
  const differenceMs = await Promise.race([
    measure(pool, clock).catch(() => 0),
    wait(LONGEST_WAIT_MS, 0, { ref: false }),
  ]);
  if (Math.abs(differenceMs) <= TOLERATED_MS) return;
  const seconds = Math.round(Math.abs(differenceMs) / 1000 / ROUNDED_TO_SECONDS) * ROUNDED_TO_SECONDS;
  const where = differenceMs > 0 ? 'ahead of' : 'behind';
  throw engineUnavailable(
    `the clock of this process is some ${seconds} s ${where} that of the database: let NTP set both; questions that name no time or a relative one, and records without a timestamp, are taken to be of this time`,
  );
}

/** How far the clock is ahead, at least; 0 where the database's lies between two looks at it. */
async function measure(pool: Pool, clock: Clock): Promise<number> {
  const askedAtMs = clock.now();
  const { rows } = await pool.query<{ now_ms: number }>(NOW);
  const answeredAtMs = clock.now();
  const nowMs = rows[0]?.now_ms ?? askedAtMs;
  if (nowMs < askedAtMs) return askedAtMs - nowMs;
  return Math.min(0, answeredAtMs - nowMs);
}
