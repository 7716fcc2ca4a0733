import { engineUrls } from '../../../libs/config/src/engine-settings';
import { loadConfig } from '../../../libs/config/src/load-config';
import type { ApiKeyStore } from '../../../libs/core/src/projects/api-key-store.port';
import type { ProjectStore } from '../../../libs/core/src/projects/project-store.port';
import { createLogger } from '../../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../../libs/observability/src/metrics';
import { EngineContext } from '../../../libs/runtime/src/engine-context';
import { ENGINES, selectEngine } from '../../../libs/runtime/src/engines';
import { HealthChecks } from '../../../libs/runtime/src/health-checks';
import { connectionFilePath, readConnectionFile, UsageError } from './connection';

export interface Catalog {
  readonly projects: ProjectStore;
  readonly apiKeys: ApiKeyStore;
}

/** The database to manage: DATABASE_URL, or that of the OpsPilot that `npm start` runs here. Errors: a sentence on what to set. */
export async function catalogUrl(): Promise<string> {
  const config = loadConfig();
  if (config.DATABASE_URL !== undefined) return config.DATABASE_URL;
  const file = connectionFilePath(config);
  const { database_url: left } = await readConnectionFile(file);
  if (left !== undefined) return left;
  throw new UsageError(`set DATABASE_URL, or start OpsPilot here with npm start (it leaves it in ${file})`);
}

/** Lends the catalog's stores for as long as the work takes. */
export async function withCatalog<Result>(work: (catalog: Catalog) => Promise<Result>): Promise<Result> {
  const config = loadConfig();
  const urls = engineUrls(config, await catalogUrl());
  const log = createLogger({ level: 'warn', role: 'cli', destination: process.stderr });
  const metrics = createMetricsRegistry('cli', { runtimeMetrics: false });
  const context = new EngineContext(config, log, metrics, new HealthChecks(), urls, ['cli']);
  try {
    return await work({
      projects: selectEngine(ENGINES.projectStore, urls, context),
      apiKeys: selectEngine(ENGINES.apiKeyStore, urls, context),
    });
  } finally {
    await context.close();
  }
}
