import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  CONNECTION_FILE,
  type ConnectionFile,
  parseConnectionFile,
} from '../../../libs/contracts/src/connection-file.contract';

/** What an earlier start left. Undefined where there is none, or half a one from a full disk: then it is made anew. */
export async function readConnectionFile(home: string): Promise<Partial<ConnectionFile> | undefined> {
  const text = await readFile(path.join(home, CONNECTION_FILE), 'utf8').catch(() => '');
  return parseConnectionFile(text);
}

/** Readable by its owner only. Written aside and renamed, so that a reader never sees half of it. */
export async function writeConnectionFile(home: string, connection: ConnectionFile): Promise<void> {
  const file = path.join(home, CONNECTION_FILE);
  await writeFile(`${file}.new`, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
