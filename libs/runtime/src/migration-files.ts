import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MigrationError, type MigrationFile } from './plan-migrations';

export interface LoadedMigration extends MigrationFile {
  readonly sql: string;
}

const FOLDER = path.join('libs', 'adapters', 'postgres', 'migrations');
const FILE_NAME = /^(\d{4}_[a-z0-9_]+)\.sql$/;

/** The names of the migrations that this version brings, in order. Errors: MigrationError where their folder is missing. */
export function migrationNames(): readonly string[] {
  return readdirSync(findFolder(__dirname))
    .flatMap((file) => FILE_NAME.exec(file)?.[1] ?? [])
    .sort();
}

/** The migrations that this version brings, in order. Errors: MigrationError where their folder is missing. */
export function loadMigrations(): Promise<readonly LoadedMigration[]> {
  const folder = findFolder(__dirname);
  return Promise.all(
    migrationNames().map(async (name) => {
      const sql = await readFile(path.join(folder, `${name}.sql`), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** Sources and dist/ lie at different depths below the repository's root, where the SQL files are. */
function findFolder(start: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, FOLDER);
    if (existsSync(candidate)) return candidate;
    if (folder === path.dirname(folder))
      throw new MigrationError(`there is no folder ${FOLDER} above ${start}`);
  }
}
