import type { ClientBase, Pool } from 'pg';

/** The answer to a question that has one row with one truth value. */
export async function isTrue(
  connection: ClientBase | Pool,
  question: string,
  values: readonly unknown[] = [],
): Promise<boolean> {
  const { rows } = await connection.query<Record<string, boolean>>(question, [...values]);
  return Object.values(rows[0] ?? {})[0] === true;
}
