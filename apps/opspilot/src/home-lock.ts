import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OpsConfigError } from '../../../libs/config/src/config-error';
import { commandLineOf } from './leftover-process';

/** Two OpsPilots on one folder would share a database and undo each other. */
export class HomeInUseError extends Error {
  override readonly name = 'HomeInUseError';
}

export interface HomeLock {
  release(): Promise<void>;
}

/**
 * Makes the folder where it is missing, and marks it as in use by this process. A mark left by a killed process does not count.
 * Errors: HomeInUseError where another OpsPilot runs on the folder; OpsConfigError where it cannot be written.
 */
export async function lockHome(home: string): Promise<HomeLock> {
  try {
    await mkdir(home, { recursive: true, mode: 0o755 });
    return await lock(path.join(home, 'opspilot.pid'), home);
  } catch (error) {
    if (error instanceof HomeInUseError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OpsConfigError([
      `OPSPILOT_HOME: ${home} cannot be written (${reason}): let OpsPilot write there, or name another folder`,
    ]);
  }
}

async function lock(file: string, home: string): Promise<HomeLock> {
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
