/** One file of libs/adapters/postgres/migrations, such as `0003_logs`. */
export interface MigrationFile {
  readonly name: string;
  readonly checksum: string;
}

export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
}

/** What cannot be put right by running migrations; the message is for the operator. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * The files that are still to be applied, in order. Errors: MigrationError where the database and the code cannot
 * belong together.
 */
export function planMigrations(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): readonly string[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  requireDistinctNumbers(files);
  for (const migration of applied) {
    const file = byName.get(migration.name);
    if (file === undefined) {
      throw new MigrationError(
        `the database has the migration ${migration.name}, which this version of OpsPilot does not know: the database is newer than the code; start the newer version`,
      );
    }
    if (file.checksum !== migration.checksum) {
      throw new MigrationError(
        `the migration ${migration.name} was changed after it had been applied: restore the file, and put the change into a new migration`,
      );
    }
  }
  const appliedNames = new Set(applied.map((migration) => migration.name));
  const pending = files.map((file) => file.name).filter((name) => !appliedNames.has(name));
  const lastApplied = [...appliedNames].sort().at(-1) ?? '';
  const late = pending.find((name) => name < lastApplied);
  if (late !== undefined) {
    throw new MigrationError(
      `the migration ${late} comes before ${lastApplied}, which has been applied: give it a higher number`,
    );
  }
  return pending.sort();
}

function requireDistinctNumbers(files: readonly MigrationFile[]): void {
  const byNumber = new Map<string, string>();
  for (const { name } of files) {
    const number = name.slice(0, 4);
    const other = byNumber.get(number);
    if (other !== undefined)
      throw new MigrationError(`the migrations ${other} and ${name} have the same number`);
    byNumber.set(number, name);
  }
}
