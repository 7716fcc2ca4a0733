// Starts engines that outlive this tool, and ends exactly those: each is known by its number and the instant it started,
// which it writes down itself before it becomes the engine, so that no kill of this tool can lose one.
import { spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  lchownSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const NOBODY = 65_534;
const POLL_MS = 50;
const STOP_TIMEOUT_MS = 30_000;
const KILL_TIMEOUT_MS = 10_000;
const BECOME = 'printf "%s %s\\n" "$$" "$(cut -d " " -f 22 "/proc/$$/stat")" > "$0"; exec "$@"';

const isRoot = () => process.getuid() === 0;

/** Some engines refuse root, so none runs as it. `nobody` may pass folders that only root may enter: a clone may lie below one. */
export function asEngineUser(command, args) {
  if (!isRoot()) return [command, args];
  const capabilities = '-all,+dac_override';
  return [
    'setpriv',
    [
      ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--securebits=+no_setuid_fixup'],
      ...[`--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`, command, ...args],
    ],
  ];
}

/** Gives a folder and all in it to the user that engines run as. */
export function giveToEngineUser(folder) {
  if (!isRoot()) return;
  chownSync(folder, NOBODY, NOBODY);
  for (const entry of readdirSync(folder, { recursive: true }))
    lchownSync(path.join(folder, entry), NOBODY, NOBODY);
}

/** What an engine inherits: enough to run, none of this machine's settings of the same engine, no secret. */
export function engineEnvironment(home, variables = {}) {
  return { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', ...variables };
}

const processFile = (folder, name) => path.join(folder, `${name}.process`);

/** Starts it in a session of its own, with its output appended to a log. Errors: when the program cannot be started. */
export async function startProcess(folder, { name, command, args, environment }) {
  rmSync(processFile(folder, name), { force: true });
  const [program, programArgs] = asEngineUser('/bin/sh', [
    '-c',
    BECOME,
    processFile(folder, name),
    command,
    ...args,
  ]);
  const log = openSync(path.join(folder, `${name}.log`), 'a', 0o600);
  const child = spawn(program, programArgs, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: engineEnvironment(folder, environment),
  });
  closeSync(log);
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', resolve);
  });
  child.unref();
}

/** The number of a process that was started here and still runs. */
export function runningPid(folder, name) {
  if (!existsSync(processFile(folder, name))) return undefined;
  const [pid, startedAt] = readFileSync(processFile(folder, name), 'utf8').trim().split(' ');
  return startedAt !== undefined && startOf(pid) === startedAt ? Number(pid) : undefined;
}

/** In clock ticks since the machine started; undefined where no such process runs, or it has ended but was not reaped. */
export function startOf(pid) {
  let status;
  try {
    status = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets, and may itself hold anything.
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** Asks it to end, kills it when it has not after half a minute. Says whether there was one to end. */
export async function stopProcess(folder, { name, stopSignal = 'SIGTERM' }) {
  const wasRunning = runningPid(folder, name) !== undefined;
  if (!(await endsAfter(folder, name, stopSignal, STOP_TIMEOUT_MS)))
    if (!(await endsAfter(folder, name, 'SIGKILL', KILL_TIMEOUT_MS)))
      throw new Error(`process ${runningPid(folder, name)} (${name}) did not end when it was killed`);
  rmSync(processFile(folder, name), { force: true });
  return wasRunning;
}

async function endsAfter(folder, name, signal, timeoutMs) {
  const pid = runningPid(folder, name);
  if (pid === undefined) return true;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
  return comesTrue(() => runningPid(folder, name) === undefined, timeoutMs);
}

/** Asks until it is so, or until the time is over. */
export async function comesTrue(ask, timeoutMs) {
  const deadlineAt = Date.now() + timeoutMs;
  while (!(await ask())) {
    if (Date.now() > deadlineAt) return false;
    await sleep(POLL_MS);
  }
  return true;
}
