// Downloads and builds are kept in ~/.cache/opspilot, outside of every clone. What is there is complete: each is made
// beside its final place and renamed.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const ABANDONED_MS = 3 * 3_600_000;

/**
 * The cached file or folder of this name, which `make(workFolder)` makes when it is missing; it returns where.
 * Errors: those of `make`; where nothing can be kept, what to set.
 */
export async function cached(name, make) {
  const cacheFolder = findCacheFolder();
  const place = path.join(cacheFolder, name);
  if (existsSync(place)) return place;
  const workFolder = await makeWorkFolder(cacheFolder);
  try {
    const made = await make(workFolder);
    await rename(made, place).catch((error) => {
      // Somebody else made it in the meantime.
      if (!existsSync(place)) throw error;
    });
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
  return place;
}

/** As find-temporal-binary.ts finds it. What is empty or relative does not count, as the XDG specification has it. */
function findCacheFolder() {
  const { XDG_CACHE_HOME: named = '', HOME: home } = process.env;
  if (path.isAbsolute(named)) return path.join(named, 'opspilot');
  try {
    return path.join(home || os.userInfo().homedir, '.cache/opspilot');
  } catch (error) {
    throw cannotKeep('~/.cache/opspilot', error);
  }
}

async function makeWorkFolder(cacheFolder) {
  try {
    await mkdir(cacheFolder, { recursive: true });
    await removeAbandoned(cacheFolder);
    return await mkdtemp(path.join(cacheFolder, 'work-'));
  } catch (error) {
    throw cannotKeep(cacheFolder, error);
  }
}

function cannotKeep(cacheFolder, cause) {
  const words = `cannot keep it in ${cacheFolder}: set XDG_CACHE_HOME to a folder that you may write`;
  return new Error(`${words} (${cause.message})`, { cause });
}

/** Of one who was killed at it. */
async function removeAbandoned(cacheFolder) {
  for (const name of (await readdir(cacheFolder)).filter((each) => each.startsWith('work-'))) {
    const folder = path.join(cacheFolder, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(folder, { recursive: true, force: true });
  }
}
