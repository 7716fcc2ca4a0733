import 'reflect-metadata';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { OpsConfigError } from '../../../libs/config/src/config-error';
import { keepLocalRequestsDirect } from '../../../libs/config/src/keep-local-requests-direct';
import { type Config, isConfigured, loadConfig } from '../../../libs/config/src/load-config';
import type { ConnectionFile } from '../../../libs/contracts/src/connection-file.contract';
import { ApiKeyStore } from '../../../libs/core/src/projects/api-key-store.port';
import { ProjectStore } from '../../../libs/core/src/projects/project-store.port';
import { createHttpApp, listen } from '../../../libs/http/src/create-http-app';
import type { AppLogger } from '../../../libs/observability/src/app-logger';
import { createLogger } from '../../../libs/observability/src/logger';
import { MigrationError } from '../../../libs/runtime/src/plan-migrations';
import { StopRequest } from '../../../libs/runtime/src/stop-request';
import { StopTimeoutError, stopWithin } from '../../../libs/runtime/src/stop-within';
import { announcement } from './announce';
import { chooseHttpPort } from './choose-http-port';
import { readConnectionFile, writeConnectionFile } from './connection-file';
import { firstProject } from './first-project';
import { HomeInUseError, lockHome } from './home-lock';
import { OpsPilotModule, ROLES } from './opspilot.module';
import { Progress } from './progress';
import { RotatingFile } from './rotating-file';
import { startEngines } from './start-engines';
import { StopStack } from './stop-stack';

const LOG_FILE_BYTES = 20_000_000;

/** `npm start`: brings everything up, tells how to use it, and stops it in order on Ctrl-C or SIGTERM. */
export async function main(): Promise<void> {
  const startedAtMs = Date.now();
  const progress = new Progress(process.stdout);
  const stops = new StopStack();
  const stopRequest = new StopRequest();
  keepLocalRequestsDirect();
  try {
    const config = loadConfig();
    const home = path.resolve(config.OPSPILOT_HOME);
    const connection = await stopRequest.orStop(start(config, home, progress, stops, stopRequest));
    const seconds = (Date.now() - startedAtMs) / 1000;
    process.stdout.write(
      announcement(connection, { home: path.relative(process.cwd(), home) || home, seconds }),
    );
    await stopRequest.requested;
    process.stdout.write('\n');
  } catch (error) {
    if (!stopRequest.isRequested) {
      process.exitCode = 1;
      process.stderr.write(`\nOpsPilot cannot start: ${explain(error)}\n`);
    }
  }
  const errors = await stops.stopAll((label, stop) => progress.step(label, stop));
  for (const error of errors) process.stderr.write(`while stopping: ${explain(error)}\n`);
  process.exit(process.exitCode ?? (errors.length > 0 ? 1 : 0));
}

async function start(
  config: Config,
  home: string,
  progress: Progress,
  stops: StopStack,
  stopRequest: StopRequest,
): Promise<ConnectionFile> {
  const lock = await lockHome(home);
  stops.add('leaving', () => lock.release());
  await mkdir(path.join(home, 'logs'), { recursive: true, mode: 0o755 });
  const log = openLog(home, config);
  const wantedPort = { host: config.HOST, port: config.PORT, isSet: isConfigured('PORT') };
  const { port, makeWay } = await chooseHttpPort(wantedPort);
  const events = {
    restarting: (name: string) => log.error({ engine: name }, 'engine ended by itself, starting it again'),
    givenUp: (name: string, cause: unknown) => {
      log.fatal({ engine: name, err: cause }, 'engine keeps ending, giving up');
      stopRequest.fail(new Error(`${name} keeps ending; see ${path.join(home, name)}`));
    },
  };
  const engines = await startEngines({ config, home, progress, stops, events, log });
  return progress.step('starting the roles', async () => {
    const runtime = { config: { ...config, PORT: port }, engines, log };
    const app = await createHttpApp(OpsPilotModule.forRoot(runtime), { config });
    stops.add('finishing work under way', () =>
      stopWithin(config.SHUTDOWN_TIMEOUT_SECONDS, () => app.close()),
    );
    await app.init();
    await makeWay();
    const url = await listen(app, { HOST: config.HOST, PORT: port });
    const stores = {
      projects: app.get(ProjectStore, { strict: false }),
      apiKeys: app.get(ApiKeyStore, { strict: false }),
    };
    const access = await firstProject(stores, await readConnectionFile(home), Date.now());
    const connection: ConnectionFile = {
      url,
      api_key: access.apiKey,
      project_id: access.projectId,
      temporal_ui_url: engines.temporalUiUrl,
      temporal_address: engines.temporalAddress,
      database_url: engines.urls.catalog,
      pids: { ...Object.fromEntries(ROLES.map((role) => [role, process.pid])), ...engines.pids() },
    };
    await writeConnectionFile(home, connection);
    return connection;
  });
}

/** OpsPilot's own lines go to a file, so that the terminal keeps what a person needs; errors show in both. */
function openLog(home: string, config: Config): AppLogger {
  const file = new RotatingFile(path.join(home, 'logs', 'opspilot.log'), LOG_FILE_BYTES);
  const destination = {
    write: (line: string) => {
      file.write(line);
      if (line.startsWith('{"level":"error"') || line.startsWith('{"level":"fatal"'))
        process.stderr.write(line);
    },
  };
  return createLogger({ level: config.LOG_LEVEL, role: 'opspilot', destination });
}

function explain(error: unknown): string {
  const plain = [OpsConfigError, HomeInUseError, MigrationError, StopTimeoutError];
  if (plain.some((kind) => error instanceof kind)) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

if (require.main === module) void main();
