import type { EngineUrls } from '../../config/src/engine-settings';

const KEEPS: Readonly<Record<keyof EngineUrls, string>> = {
  catalog: 'catalog',
  logStore: 'logs',
  metricStore: 'metrics',
  queue: 'queue',
  cache: 'cache',
  objects: 'files',
};

/**
 * What /health and /ready call the check of an engine: by what it keeps, never by its address, for they ask for no key.
 * `postgres` where one database keeps all that PostgreSQL keeps, else for example `postgres catalog, queue`.
 */
export function engineCheckName(engine: string, url: string, urls: EngineUrls): string {
  const places = Object.keys(KEEPS) as (keyof EngineUrls)[];
  const { protocol } = new URL(url);
  const alike = places.filter((place) => new URL(urls[place]).protocol === protocol);
  const kept = places.filter((place) => urls[place] === url);
  if (kept.length === alike.length) return engine;
  return [engine, kept.map((place) => KEEPS[place]).join(', ')].join(' ').trim();
}
