// What is remembered between two calls of this tool, in the folder of the engines: ports and secrets, so that a restarted
// engine is where it was; and who works on the folder just now.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from './ports.mjs';
import { startOf } from './processes.mjs';

const settingsFile = (folder) => path.join(folder, 'engine.json');

/** The settings of an engine that was set up before. */
export function knownSettings(folder) {
  return existsSync(settingsFile(folder))
    ? JSON.parse(readFileSync(settingsFile(folder), 'utf8'))
    : undefined;
}

/** Keeps what there was; a port that somebody else has taken in the meantime is replaced. */
export async function chooseSettings(folder, engine, version) {
  const known = knownSettings(folder);
  const ports = {};
  for (const name of engine.ports) ports[name] = await freePort(known?.ports[name]);
  const settings = { version, ports, secret: known?.secret ?? randomBytes(12).toString('hex') };
  writeFileSync(settingsFile(folder), JSON.stringify(settings), { mode: 0o600 });
  return settings;
}

/** Written beside and renamed: a reader finds all or nothing. Only the owner may read it, for it holds passwords. */
export async function writePrivately(file, text) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Two callers at the same time would start everything twice. Errors: when another one is at it. */
export async function locked(folder, work) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'lock');
  const [pid, startedAt] = await readFile(file, 'utf8').then(
    (text) => text.split(' '),
    () => [],
  );
  if (pid !== undefined && startOf(pid) === startedAt)
    throw new Error(`process ${pid} is starting or stopping engines in ${folder}: wait for it to end`);
  // Of one who was killed.
  await rm(file, { force: true });
  const handle = await open(file, 'wx').catch(() => {
    throw new Error(`somebody else is starting or stopping engines in ${folder}: wait for it to end`);
  });
  await handle.writeFile(`${process.pid} ${startOf(process.pid)}`);
  await handle.close();
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
