import { OpsConfigError } from './config-error';
import type { Config } from './load-config';

/** Which engine serves each kind of data, by URL: the scheme selects the adapter. */
export interface EngineUrls {
  readonly catalog: string;
  readonly logStore: string;
  readonly metricStore: string;
  readonly queue: string;
  readonly cache: string;
  readonly objects: string;
}

/** Of the object store: the folder `objects` in OPSPILOT_HOME. */
export const HOME_FOLDER_URL = 'file:';

export interface EngineSettings {
  readonly urls: EngineUrls;
  readonly temporalAddress: string;
}

/**
 * The engines of a role that runs by itself: there, nothing is embedded, so they must be named.
 * Errors: OpsConfigError where they are not.
 */
export function engineSettings(config: Config): EngineSettings {
  const { DATABASE_URL, TEMPORAL_ADDRESS } = config;
  if (DATABASE_URL === undefined || TEMPORAL_ADDRESS === undefined) {
    throw new OpsConfigError(['DATABASE_URL and TEMPORAL_ADDRESS: must be set outside embedded mode']);
  }
  return { urls: engineUrls(config, DATABASE_URL), temporalAddress: TEMPORAL_ADDRESS };
}

/** Every kind of data that no variable places elsewhere lies in the catalog's database. */
export function engineUrls(config: Config, databaseUrl: string): EngineUrls {
  return {
    catalog: databaseUrl,
    logStore: config.LOG_STORE_URL ?? databaseUrl,
    metricStore: config.METRIC_STORE_URL ?? databaseUrl,
    queue: config.QUEUE_URL ?? databaseUrl,
    cache: config.CACHE_URL,
    objects: config.OBJECT_STORE_URL ?? HOME_FOLDER_URL,
  };
}

/** Every PostgreSQL that the URLs name, each once: each of them needs the schema. */
export function postgresUrls(urls: EngineUrls): readonly string[] {
  return [...new Set(Object.values(urls))].filter((url) => /^postgres(ql)?:$/.test(new URL(url).protocol));
}
