import type { Pool } from 'pg';
import { sqlStateOf } from './engine-error';

/** Connection exceptions; a server that stops, crashes or starts; one that has become a standby. */
const LOST_STATES = /^(08|57P|25006)/;

/** Calls back whenever a connection of the pool has broken, at rest or at work: the next one may find another server, or another state. */
export function onLostConnection(pool: Pool, callback: () => void): void {
  pool.on('error', callback);
  pool.on('release', (error: unknown) => {
    if (error instanceof Error && LOST_STATES.test(sqlStateOf(error) ?? '08')) callback();
  });
}
