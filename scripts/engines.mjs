// `npm run engines -- up|down|status`: the production engines on this machine, without containers.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeFileSync } from 'node:fs';
import { requireNode, requirePath, root } from './ensure-installed.mjs';

const USAGE = `npm run engines -- up|down|status [--only a,b] [--folder DIR] [--json FILE]

  up      obtains and starts RabbitMQ, OpenSearch, PostgreSQL, Redis, S3 (versitygw) and Temporal on 127.0.0.1
  down    stops exactly what was started in the folder; data, ports and passwords stay
  status  says what runs, and how to call RabbitMQ's tool

  --only    some of rabbitmq, opensearch, postgres, redis, s3, temporal
  --folder  where their data is; default .opspilot/engines
  --json    writes URLs and process numbers to this file as well as to FOLDER/engines.json

OPSPILOT_ENGINES_POSTGRES names the folder of another PostgreSQL's programs; where it has TimescaleDB, that is loaded.`;

async function main() {
  requireNode();
  requirePath();
  if (process.platform !== 'linux')
    throw new Error('npm run engines knows Linux only; use docker compose here');
  keepLocalRequestsDirect();
  const { ENGINES, down, status, up, withoutPassword } = await import('./engines/engines.mjs');
  const { Reporter } = await import('./engines/reporter.mjs');
  const { shellWord } = await import('./engines/shell-word.mjs');
  const wanted = readArguments(ENGINES.map(({ name }) => name));
  if (wanted === undefined) return void process.stdout.write(`${USAGE}\n`);
  const { command, only, folder, json } = wanted;
  const engines = ENGINES.filter(({ name }) => only.includes(name));
  const reporter = new Reporter(process.stdout);
  if (command === 'up') await up(folder, engines, reporter);
  const file = shellWord(path.join(folder, 'production.env'));
  if (command === 'up') process.stdout.write(`For the shell that starts OpsPilot: . ${file}\n`);
  if (command === 'down') await down(folder, engines, reporter);
  if (command === 'status') {
    const running = status(folder);
    for (const { name, title } of engines) {
      const { version, url, pids, tool } = running[name] ?? {};
      const text = url === undefined ? 'not up' : `${version} at ${withoutPassword(url)}, ${processes(pids)}`;
      process.stdout.write(`${title}: ${text}\n`);
      if (tool !== undefined) process.stdout.write(`  its tool: ${tool} list_queues\n`);
    }
  } else process.stdout.write(`URLs, passwords and processes: ${path.join(folder, 'engines.json')}\n`);
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ folder, engines: status(folder) }, undefined, 2)}\n`, {
      mode: 0o600,
    });
}

/** As keep-local-requests-direct.ts does, of which there may be no build yet. */
function keepLocalRequestsDirect() {
  const { no_proxy: named = process.env.NO_PROXY ?? '' } = process.env;
  if (named !== '*') process.env.no_proxy = named === '' ? '127.0.0.1' : `${named},127.0.0.1`;
}

const processes = (pids) => `process ${Object.values(pids).join(', ')}`;

/** Undefined where help is asked for. */
function readArguments(names) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      folder: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return undefined;
  const [command, ...rest] = positionals;
  if (!['up', 'down', 'status'].includes(command) || rest.length > 0) throw new Error(USAGE);
  const only = values.only?.split(',') ?? names;
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new Error(`there is no engine ${unknown.join(', ')}; there are ${names.join(', ')}`);
  // npm runs scripts in the root of the clone, whatever folder they are called from.
  const from = process.env.INIT_CWD ?? process.cwd();
  return {
    command,
    only,
    folder:
      values.folder === undefined ? path.join(root, '.opspilot/engines') : path.resolve(from, values.folder),
    json: values.json === undefined ? undefined : path.resolve(from, values.json),
  };
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
