import type { Pool } from 'pg';
import { SCHEMA_IS_BEHIND } from './describe-database-problem';
import { engineUnavailable, onEngine } from './engine-error';
import { isTrue } from './is-true';

/** A newer version may have applied more: what it brings leaves this one running. */
const IS_BEHIND = `
  SELECT EXISTS (SELECT unnest($1::text[]) EXCEPT SELECT name FROM schema_migrations) AS is_behind`;

/**
 * Asks PostgreSQL whether it answers and has applied these migrations, in one statement on a handful of rows: it is asked all the
 * time, and what it said before says nothing about a database that was restored or made anew. Errors: OpsError `unavailable` that
 * says what to do.
 */
export async function checkSchema(pool: Pool, migrations: readonly string[]): Promise<void> {
  if (await onEngine(() => isTrue(pool, IS_BEHIND, [migrations]))) throw engineUnavailable(SCHEMA_IS_BEHIND);
}
