import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(__dirname, '../..');
const TIMEOUT_MS = 300_000;
const RABBITMQCTL = '/usr/lib/rabbitmq/bin/rabbitmqctl';

type OwnEngine = 'rabbitmq' | 'opensearch' | 'redis';

interface Summary {
  readonly engines: Partial<
    Record<OwnEngine, { readonly url: string; readonly pids: Record<string, number> }>
  >;
}

export interface OwnEngines {
  urlOf(engine: OwnEngine): string;
  /** Stops it in the middle of everything: connections stay, and nobody answers. */
  freeze(engine: OwnEngine): void;
  thaw(engine: OwnEngine): void;
  rabbitmqctl(...args: readonly string[]): Promise<void>;
  end(): Promise<void>;
}

/**
 * Engines that a test may break, started and stopped as `npm run engines` does.
 * @param openSearchSettings of opensearch.yml, besides the usual ones
 */
export async function startOwnEngines(
  names: readonly OwnEngine[],
  openSearchSettings: Readonly<Record<string, string | number>> = {},
): Promise<OwnEngines> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'opspilot-own-'));
  const tool = (command: string) =>
    run(process.execPath, ['scripts/engines.mjs', command, '--only', names.join(','), '--folder', folder], {
      cwd: ROOT,
      timeout: TIMEOUT_MS,
    });
  const end = async () => {
    await tool('down');
    await rm(folder, { recursive: true, force: true });
  };
  const settings = Object.entries(openSearchSettings).map(([name, value]) => `${name}: ${value}\n`);
  await mkdir(path.join(folder, 'opensearch'));
  await writeFile(path.join(folder, 'opensearch', 'extra.yml'), settings.join(''));
  try {
    await tool('up');
    const { engines } = JSON.parse(await readFile(path.join(folder, 'engines.json'), 'utf8')) as Summary;
    const engine = (name: OwnEngine) => {
      const found = engines[name];
      if (found === undefined) throw new Error(`${name} was not started`);
      return found;
    };
    const signal = (name: OwnEngine, what: NodeJS.Signals) => {
      for (const pid of Object.values(engine(name).pids)) process.kill(pid, what);
    };
    return {
      urlOf: (name) => engine(name).url,
      freeze: (name) => signal(name, 'SIGSTOP'),
      thaw: (name) => signal(name, 'SIGCONT'),
      rabbitmqctl: (...args) => rabbitmqctl(path.join(folder, 'rabbitmq'), args),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function rabbitmqctl(folder: string, args: readonly string[]): Promise<void> {
  const { ports } = JSON.parse(await readFile(path.join(folder, 'engine.json'), 'utf8')) as {
    readonly ports: Readonly<Record<string, number>>;
  };
  const env = {
    PATH: process.env['PATH'] ?? '',
    // Where the node left its cookie.
    HOME: folder,
    LANG: 'C.UTF-8',
    RABBITMQ_NODENAME: 'opspilot@localhost',
    RABBITMQ_CONF_ENV_FILE: path.join(folder, 'rabbitmq-env.conf'),
    ERL_EPMD_PORT: String(ports['names']),
  };
  await run(RABBITMQCTL, args, { env, timeout: TIMEOUT_MS });
}
