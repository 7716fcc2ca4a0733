import { OpsConfigError } from './config-error';
import type { Config } from './load-config';

/** Which engine serves each kind of data, by URL: the scheme selects the adapter. */
export interface EngineUrls {
  readonly catalog: string;
  readonly logStore: string;
  readonly metricStore: string;
  readonly queue: string;
}

export interface EngineSettings {
  readonly urls: EngineUrls;
  readonly temporalAddress: string;
}

/**
 * The engines of a role that runs by itself: there, nothing is embedded, so they must be named.
 * Errors: OpsConfigError that lists all that is missing.
 */
export function engineSettings(config: Config): EngineSettings {
  const { DATABASE_URL, TEMPORAL_ADDRESS } = config;
  const missing = [
    ...(DATABASE_URL === undefined
      ? ['DATABASE_URL: is needed, such as postgres://user:password@host:5432/opspilot']
      : []),
    ...(TEMPORAL_ADDRESS === undefined ? ['TEMPORAL_ADDRESS: is needed, such as temporal:7233'] : []),
  ];
  if (DATABASE_URL === undefined || TEMPORAL_ADDRESS === undefined) throw new OpsConfigError(missing);
  return { urls: engineUrls(config, DATABASE_URL), temporalAddress: TEMPORAL_ADDRESS };
}

/** Every kind of data that no variable places elsewhere lies in the catalog's database. */
export function engineUrls(config: Config, databaseUrl: string): EngineUrls {
  return {
    catalog: databaseUrl,
    logStore: config.LOG_STORE_URL ?? databaseUrl,
    metricStore: config.METRIC_STORE_URL ?? databaseUrl,
    queue: config.QUEUE_URL ?? databaseUrl,
  };
}
