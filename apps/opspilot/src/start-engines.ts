import path from 'node:path';
import { engineUrls, type EngineSettings, postgresUrls } from '../../../libs/config/src/engine-settings';
import type { Config } from '../../../libs/config/src/load-config';
import { runMigrations } from '../../../libs/runtime/src/run-migrations';
import type { AppLogger } from '../../../libs/observability/src/app-logger';
import { startEmbeddedPostgres } from './embedded-postgres';
import { findTemporalBinary } from './find-temporal-binary';
import { keepPorts } from './keep-ports';
import type { Progress } from './progress';
import type { StopStack } from './stop-stack';
import { type EngineEvents, SupervisedEngine } from './supervised-engine';
import { startTemporalDevServer } from './temporal-dev-server';

/** Where the engines are looked for by people who know them; beside PostgreSQL's own port, which may be somebody else's. */
const POSTGRES_PORT = 5433;
const TEMPORAL_PORT = 7233;
const TEMPORAL_UI_PORT = 8233;

export interface StartedEngines extends EngineSettings {
  readonly temporalUiUrl: string;
  /** Of the engines that we started. */
  readonly pids: () => Readonly<Record<string, number>>;
}

interface Request {
  readonly config: Config;
  readonly home: string;
  readonly progress: Progress;
  readonly stops: StopStack;
  readonly events: EngineEvents;
  readonly log: AppLogger;
}

/** Starts what the configuration does not name already, and brings the database to this version's schema. */
export async function startEngines(request: Request): Promise<StartedEngines> {
  const { config, progress, log } = request;
  const postgres = config.DATABASE_URL === undefined ? await startPostgres(request) : undefined;
  const databaseUrl = config.DATABASE_URL ?? postgres?.current.url ?? '';
  const urls = engineUrls(config, databaseUrl);
  await progress.step('applying migrations', async () => {
    for (const url of postgresUrls(urls)) await runMigrations(url, log);
  });
  const temporal = config.TEMPORAL_ADDRESS === undefined ? await startTemporal(request) : undefined;
  const temporalAddress = config.TEMPORAL_ADDRESS ?? temporal?.current.address ?? '';
  return {
    urls,
    temporalAddress,
    temporalUiUrl:
      config.TEMPORAL_UI_URL ??
      temporal?.current.uiUrl ??
      `http://${temporalAddress.split(':')[0]}:${TEMPORAL_UI_PORT}`,
    pids: () => ({
      ...(postgres && { postgres: postgres.current.process.pid }),
      ...(temporal && { temporal: temporal.current.process.pid }),
    }),
  };
}

async function startPostgres({ home, progress, stops, events }: Request) {
  const folder = path.join(home, 'postgres');
  const start = keepPorts({ port: POSTGRES_PORT }, (ports, signal) =>
    startEmbeddedPostgres({ folder, ...ports, database: 'opspilot', signal }),
  );
  const engine = await progress.step('starting PostgreSQL (the first time a few seconds longer)', () =>
    SupervisedEngine.start(start, events),
  );
  stops.add('stopping PostgreSQL', () => engine.stop());
  return engine;
}

async function startTemporal({ home, progress, stops, events }: Request) {
  const binary = await progress.step("finding Temporal's dev server", () => findTemporalBinary(progress));
  const folder = path.join(home, 'temporal');
  const start = keepPorts({ port: TEMPORAL_PORT, uiPort: TEMPORAL_UI_PORT }, (ports, signal) =>
    startTemporalDevServer({ binary, folder, ...ports, signal }),
  );
  const engine = await progress.step("starting Temporal's dev server", () =>
    SupervisedEngine.start(start, events),
  );
  stops.add("stopping Temporal's dev server", () => engine.stop());
  return engine;
}
