// `npm run reset`: removes all state of the embedded mode. Refuses while OpsPilot runs on it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { status } from './engines/engines.mjs';
import { comesTrue } from './engines/processes.mjs';
import { shellWord } from './engines/shell-word.mjs';
import { requireNoArguments, root } from './ensure-installed.mjs';

const home = path.resolve(root, process.env.OPSPILOT_HOME || '.opspilot');
const END_TIMEOUT_MS = 5000;
/** One of them is in each folder of ours: the last where a start found its port taken, the one before where only engines ran. */
const MARKS = ['postgres', 'connection.json', 'engines/engines.json', 'logs/opspilot.log'];
/** Engines that may outlive an OpsPilot that was killed, and what their command lines say. PostgreSQL need not save what is removed. */
const ENGINES = [
  {
    pidFile: path.join(home, 'postgres/cluster/postmaster.pid'),
    mark: path.join(home, 'postgres/cluster'),
    signal: 'SIGQUIT',
  },
  {
    pidFile: path.join(home, 'temporal/temporal.pid'),
    mark: path.join(home, 'temporal/'),
    signal: 'SIGTERM',
  },
];

requireNoArguments('npm run reset', `it removes all that is in ${home} (OPSPILOT_HOME)`);

/** As home-lock.ts finds it: the number of a process that was killed may be somebody else's by now. */
function runningPid() {
  const file = path.join(home, 'opspilot.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8'));
  return /node/.test(commandLineOf(pid)) ? pid : undefined;
}

/** It would go on without its files, and have its port. */
async function endLeftover({ pidFile, mark, signal }) {
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  const isGone = () => !commandLineOf(pid).replaceAll('\0', ' ').includes(mark);
  for (const kill of [signal, 'SIGKILL']) {
    if (isGone()) return;
    try {
      process.kill(pid, kill);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
    await comesTrue(isGone, END_TIMEOUT_MS);
  }
  if (isGone()) return;
  process.stderr.write(`process ${pid} runs on ${mark} and does not end: end it first\n`);
  process.exit(1);
}

/** Empty where there is no such process. */
function commandLineOf(pid) {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

const pid = runningPid();
if (pid !== undefined) {
  process.stderr.write(`OpsPilot runs on ${home} (process ${pid}): stop it first\n`);
  process.exit(1);
}
const engines = Object.values(status(path.join(home, 'engines')));
if (engines.length > 0) {
  const folder = shellWord(path.join(home, 'engines'));
  process.stderr.write(
    `${engines.map(({ title }) => title).join(', ')} run in ${home}: npm run engines -- down --folder ${folder}\n`,
  );
  process.exit(1);
}
// A folder that somebody named by mistake is not ours to remove.
if (existsSync(home) && !MARKS.some((mark) => existsSync(path.join(home, mark)))) {
  process.stderr.write(`${home} does not look like OpsPilot's state; nothing was removed\n`);
  process.exit(1);
}
for (const engine of ENGINES) await endLeftover(engine);
rmSync(home, { recursive: true, force: true });
process.stdout.write(`removed ${home}\n`);
