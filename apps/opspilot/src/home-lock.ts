import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { commandLineOf } from './leftover-process';

/** Two OpsPilots on one folder would share a database and undo each other. */
export class HomeInUseError extends Error {
  override readonly name = 'HomeInUseError';
}

export interface HomeLock {
  release(): Promise<void>;
}

/**
 * Marks the folder as in use by this process. A mark left by a killed process does not count.
 * Errors: HomeInUseError where another OpsPilot runs on the folder.
 */
export async function lockHome(home: string): Promise<HomeLock> {
  const file = path.join(home, 'opspilot.pid');
  const mark = `${process.pid}\n`;
  const taken = await writeFile(file, mark, { flag: 'wx' }).then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return true;
      throw error;
    },
  );
  if (taken) {
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    if (pid !== process.pid && /node/.test(await commandLineOf(pid))) {
      throw new HomeInUseError(
        `OpsPilot runs on ${home} already (process ${pid}). Stop it, or start a second one with OPSPILOT_HOME and PORT set.`,
      );
    }
    await writeFile(file, mark);
  }
  return { release: () => rm(file, { force: true }) };
}
