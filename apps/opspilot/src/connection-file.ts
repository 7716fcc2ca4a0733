import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What a script needs to talk to a running OpsPilot. Lies in `.opspilot/connection.json`, readable by its owner only. */
export interface ConnectionFile {
  readonly url: string;
  readonly api_key: string;
  readonly project_id: string;
  readonly temporal_ui_url: string;
  readonly temporal_address: string;
  /** With its password: for psql, and for commands that manage projects. */
  readonly database_url: string;
  /** Process ids by role; in embedded mode OpsPilot's own roles share one. */
  readonly pids: Readonly<Record<string, number>>;
}

export async function readConnectionFile(home: string): Promise<ConnectionFile | undefined> {
  const text = await readFile(path.join(home, 'connection.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as ConnectionFile;
  } catch {
    // Half a file from a full disk: the caller makes a new key and writes it anew.
    return undefined;
  }
}

/** Written aside and renamed, so that a reader never sees half of it. */
export async function writeConnectionFile(home: string, connection: ConnectionFile): Promise<void> {
  const file = path.join(home, 'connection.json');
  await writeFile(`${file}.new`, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
