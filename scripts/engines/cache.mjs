// Downloads and builds are kept in ~/.cache/opspilot, outside of every clone. What is there is complete: each is made
// beside its final place and renamed.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const ABANDONED_MS = 3 * 3_600_000;

export const cacheFolder = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'),
  'opspilot',
);

/** The cached file or folder of this name, which `make(workFolder)` makes when it is missing; it returns where. */
export async function cached(name, make) {
  const place = path.join(cacheFolder, name);
  if (existsSync(place)) return place;
  await mkdir(cacheFolder, { recursive: true });
  await removeAbandoned();
  const workFolder = await mkdtemp(path.join(cacheFolder, 'work-'));
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

/** Of one who was killed at it. */
async function removeAbandoned() {
  for (const name of (await readdir(cacheFolder)).filter((each) => each.startsWith('work-'))) {
    const folder = path.join(cacheFolder, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(folder, { recursive: true, force: true });
  }
}
