import type { Pool } from 'pg';
import { SharedClock } from '../../../core/src/common/shared-clock.port';
import { onEngine } from './engine-error';

/** The clock of the database. */
export class PostgresSharedClock extends SharedClock {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async now(): Promise<number> {
    const { rows } = await onEngine(() => this.pool.query<{ now: Date }>('SELECT clock_timestamp() AS now'));
    const [row] = rows;
    if (row === undefined) throw new Error('the database did not say what time it is');
    return row.now.getTime();
  }
}
