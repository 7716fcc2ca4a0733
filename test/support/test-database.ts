import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** The PostgreSQL that start-engines.ts brought up, or one that a developer named. */
export function testServerUrl(): string {
  const url = process.env['OPSPILOT_TEST_DATABASE_URL'];
  if (url === undefined)
    throw new Error(
      'OPSPILOT_TEST_DATABASE_URL is not set: run through jest with test/support/start-engines.ts',
    );
  return url;
}

/**
 * A database of its own for one test file, without any schema. `drop` fails the test run where connections are left open,
 * unless told to end them: those of TimescaleDB's own workers.
 */
export async function createTestDatabase(
  serverUrl = testServerUrl(),
): Promise<{ readonly url: string; drop(how?: 'WITH (FORCE)'): Promise<void> }> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: (how) => onServer(serverUrl, `DROP DATABASE ${name} ${how ?? ''}`) };
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
