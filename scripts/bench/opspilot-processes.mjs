// OpsPilot as the benchmark runs it: roles as processes of their own, or `npm start`'s one process.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from '../ensure-installed.mjs';
import { HttpClient } from './http-client.mjs';

const run = promisify(execFile);
const START_TIMEOUT_MS = 120_000;
const LOOK_EVERY_MS = 100;

/** Variables of one's own shell must not steer what is measured. */
const BASE = { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', LOG_LEVEL: 'warn' };

/** Its connections do not keep the benchmark from ending while nothing is asked. */
const client = new HttpClient(4);

/** How to stop what runs just now. */
const running = new Set();

/** `stop` for once: at the end of its measurement, or by stopEverything. */
export function stoppable(stop) {
  const once = async () => {
    if (running.delete(once)) await stop();
  };
  running.add(once);
  return once;
}

/** For a run that is broken off. */
export function stopEverything() {
  return Promise.allSettled([...running].map((stop) => stop()));
}

/** Waits for what `look` returns, if not undefined. Errors: after two minutes, or what `look` throws. */
export async function until(what, look, everyMs = LOOK_EVERY_MS) {
  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${what}`);
    await sleep(everyMs);
  }
}

function start(file, environment, cores) {
  const command = cores === undefined ? [] : ['taskset', '-c', cores];
  const [program, ...args] = [...command, process.execPath, path.join(root, 'dist/apps', file)];
  const child = spawn(program, args, {
    cwd: root,
    env: { ...BASE, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => (output = (output + text).slice(-100_000)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    pid: child.pid,
    output: () => output,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stop: stoppable(async () => {
      child.kill('SIGTERM');
      await ended;
    }),
  };
}

/**
 * Starts a role and waits until it is ready: {pid, url, stop}.
 * @param cores as taskset writes them, such as '0'; undefined for all
 */
export async function startRole(role, environment, cores) {
  // Its address is in the one line that it logs at level info.
  const child = start(`${role}/src/main.js`, { ...environment, LOG_LEVEL: 'info' }, cores);
  try {
    const url = await until(`${role} to be ready`, async () => {
      if (child.hasEnded()) throw new Error(`${role} ended while starting:\n${child.output()}`);
      const address = /"url":"([^"]+)"[^\n]*"msg":"listening"/.exec(child.output())?.[1];
      if (address === undefined) return undefined;
      const ready = await fetch(new URL('/ready', address)).catch(() => undefined);
      return ready?.ok ? address : undefined;
    });
    return { pid: child.pid, url, stop: child.stop };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** `npm start`'s one process with engines of its own, in a folder that `stop` removes. */
export async function startEmbedded() {
  const home = await mkdtemp(path.join(os.tmpdir(), 'opspilot-bench-'));
  const environment = {
    OPSPILOT_HOME: home,
    QUERY_CACHE_MAX_SECONDS: '0',
    QUEUE_MAX_BYTES: String(8 * 2 ** 30),
  };
  const child = start('opspilot/src/main.js', environment);
  const stop = stoppable(async () => {
    await child.stop();
    await rm(home, { recursive: true, force: true });
  });
  try {
    await until('OpsPilot to be ready', () => {
      if (child.hasEnded()) throw new Error(`OpsPilot ended while starting:\n${child.output()}`);
      return child.output().includes('OpsPilot is ready') ? true : undefined;
    });
    const connection = JSON.parse(await readFile(path.join(home, 'connection.json'), 'utf8'));
    return {
      pid: child.pid,
      pids: connection.pids,
      url: connection.url,
      apiKey: connection.api_key,
      databaseUrl: connection.database_url,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** {project_id, api_key} of a new project in the catalog, which is brought up to date first. */
export async function createProject(environment, name = 'bench') {
  await command(environment, 'migrate');
  return JSON.parse(await command(environment, 'create-project', name));
}

async function command(environment, ...args) {
  const { stdout } = await run(process.execPath, [path.join(root, 'bin/opspilot.mjs'), ...args], {
    cwd: root,
    env: { ...BASE, ...environment },
  });
  return stdout;
}

/** Asks OpsPilot's API: the parsed answer. Errors: with `isUnavailable` where an engine does not answer just now. */
export async function ask({ url, apiKey }, target) {
  const headers = { authorization: `Bearer ${apiKey}` };
  const { status, text } = await client.send('GET', new URL(target, url), { headers });
  if (status < 300) return JSON.parse(text);
  throw Object.assign(new Error(`${target} answered ${status}: ${text}`), { isUnavailable: status === 503 });
}
