import type { Pool } from 'pg';
import type { Stopwatch } from '../../../core/src/common/stopwatch';
import { DISK_FULL } from './describe-database-problem';
import { sqlStateOf } from './engine-error';

/** Whoever writes on schedule does so within that time. */
const REMEMBERED_MS = 60_000;

/**
 * Remembers when the database last had no room on its disk for what a connection of the pool wrote. It cannot be asked: writes that need no
 * more room succeed all the same.
 */
export class FullDiskWatch {
  private metAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    pool: Pool,
    private readonly stopwatch: Stopwatch,
  ) {
    pool.on('release', (error: unknown) => {
      if (sqlStateOf(error) === DISK_FULL) this.metAtMs = this.stopwatch.readMs();
    });
  }

  /** Whether that was within the last minute. */
  wasMet(): boolean {
    return this.stopwatch.readMs() - this.metAtMs < REMEMBERED_MS;
  }
}
