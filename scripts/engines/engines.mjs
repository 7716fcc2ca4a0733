// Starts, stops and tells about the engines of one folder.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentOf, productionEnvironmentOf } from './environment.mjs';
import { opensearch } from './opensearch.mjs';
import { postgres } from './postgres.mjs';
import { comesTrue, giveToEngineUser, runningPid, startProcess, stopProcess } from './processes.mjs';
import { rabbitmq } from './rabbitmq.mjs';
import { redis } from './redis.mjs';
import { s3 } from './s3.mjs';
import { chooseSettings, knownSettings, locked, writePrivately } from './state.mjs';
import { temporal } from './temporal.mjs';

export const ENGINES = [rabbitmq, opensearch, postgres, redis, s3, temporal];
const FIRST_SIGN_TIMEOUT_MS = 5000;
const READY_TIMEOUT_MS = 300_000;
const START_TRIES = 3;
const LAST_WORDS = 1000;
const START_AGAIN_MS = 1500;

/**
 * Starts those engines that do not run yet, all at the same time, and waits until they answer.
 * Errors: when one of them cannot be started; the others are up all the same.
 */
export function up(folder, engines, reporter) {
  return locked(folder, async () => {
    const results = await Promise.allSettled(
      engines.map((engine) =>
        reporter.task(engine.title, (report) => upOne(path.join(folder, engine.name), engine, report)),
      ),
    );
    await writeSummary(folder);
    const failed = engines.filter((_engine, index) => results[index].status === 'rejected');
    if (failed.length > 0)
      throw new Error(`not up: ${failed.map(({ title }) => title).join(', ')} (see above)`);
  });
}

async function upOne(folder, engine, report) {
  if (isUp(folder, engine)) {
    await waitUntilReady(folder, engine, knownSettings(folder));
    return `already up at ${withoutPassword(engine.url(knownSettings(folder)))}`;
  }
  const installation = await engine.obtain(report);
  await mkdir(folder, { recursive: true });
  for (let tries = 1; ; tries++) {
    try {
      // Of several processes, one may have ended by itself.
      await downOne(folder, engine);
      const settings = await chooseSettings(folder, engine, installation.version);
      report.say(`starting ${installation.version}`);
      await startOne({ folder, installation, ...settings }, engine);
      return `${installation.version} at ${withoutPassword(engine.url(settings))}`;
    } catch (error) {
      // Somebody may have taken the port; after a kill, a last child process may hold the data for another moment.
      if (!(error instanceof EndedError) || tries === START_TRIES) throw error;
      report.say(error.message);
      await sleep(START_AGAIN_MS);
    }
  }
}

async function startOne(context, engine) {
  await engine.prepare(context);
  giveToEngineUser(context.folder);
  for (const { name, program } of engine.processes)
    await startProcess(context.folder, { name, ...program(context) });
  await waitUntilReady(context.folder, engine, context);
}

class EndedError extends Error {}

async function waitUntilReady(folder, engine, settings) {
  const names = engine.processes.map(({ name }) => name);
  // From its first moment a process is a shell that writes down its number.
  await comesTrue(() => isUp(folder, engine), FIRST_SIGN_TIMEOUT_MS);
  const isReady = await comesTrue(
    async () => !isUp(folder, engine) || engine.isReady(settings),
    READY_TIMEOUT_MS,
  );
  const logs = names.map((name) => `\n${lastWords(path.join(folder, `${name}.log`))}`).join('');
  if (!isUp(folder, engine)) throw new EndedError(`ended while starting${logs}`);
  if (!isReady) throw new Error(`does not answer after ${READY_TIMEOUT_MS / 1000} s${logs}`);
}

/** Of a machine that tests, the folder of an engine is often gone before anybody looks. */
function lastWords(log) {
  const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
  return `${log}: ${text.slice(-LAST_WORDS).trim()}`;
}

/** Stops what was started in this folder, and nothing else. Data, ports and passwords stay. */
export function down(folder, engines, reporter) {
  return locked(folder, async () => {
    await Promise.all(
      engines.map((engine) =>
        reporter.task(engine.title, async () =>
          (await downOne(path.join(folder, engine.name), engine)) ? 'stopped' : 'was not up',
        ),
      ),
    );
    await writeSummary(folder);
  });
}

/** In the opposite order of starting. */
async function downOne(folder, engine) {
  let wasUp = false;
  for (const each of [...engine.processes].reverse()) wasUp = (await stopProcess(folder, each)) || wasUp;
  return wasUp;
}

/** Of all engines in the folder that run: version, URL, process numbers, log, and how its tool is called where that takes more than a URL. */
export function status(folder) {
  const running = ENGINES.flatMap((engine) => {
    const place = path.join(folder, engine.name);
    if (!isUp(place, engine)) return [];
    const settings = knownSettings(place);
    const names = engine.processes.map(({ name }) => name);
    const about = {
      title: engine.title,
      version: settings.version,
      url: engine.url(settings),
      pids: Object.fromEntries(names.map((name) => [name, runningPid(place, name)])),
      ...(engine.tool && { tool: engine.tool(place, settings) }),
      logs: names.map((name) => path.join(place, `${name}.log`)),
    };
    return [[engine.name, about]];
  });
  return Object.fromEntries(running);
}

/** For programs engines.json, for shells one file of the tests' variables and one of OpsPilot's. */
async function writeSummary(folder) {
  const engines = status(folder);
  await writePrivately(
    path.join(folder, 'engines.json'),
    `${JSON.stringify({ folder, engines }, undefined, 2)}\n`,
  );
  await writePrivately(path.join(folder, 'test.env'), environmentOf(engines));
  await writePrivately(path.join(folder, 'production.env'), productionEnvironmentOf(engines));
}

function isUp(folder, engine) {
  return existsSync(folder) && engine.processes.every(({ name }) => runningPid(folder, name) !== undefined);
}

export function withoutPassword(url) {
  return url.replace(/\/\/[^@/]*@/, '//');
}
