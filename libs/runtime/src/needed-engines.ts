import type { EngineUrls } from '../../config/src/engine-settings';

const ALL = ['ingest', 'ingest-worker', 'api', 'workflow-worker'];

/**
 * The roles that cannot do what they are for without what is kept there. Ingest goes on accepting while the stores are away, and the API and the
 * workflows go on while the queue is.
 */
const NEEDED_BY: Readonly<Record<keyof EngineUrls, readonly string[]>> = {
  catalog: ALL,
  queue: ['ingest', 'ingest-worker'],
  logStore: ['ingest-worker', 'api', 'workflow-worker'],
  metricStore: ['ingest-worker', 'api', 'workflow-worker'],
  cache: [],
  objects: [],
};

/** Whether one of the roles needs anything that the engine at this URL keeps. */
export function isNeeded(url: string, urls: EngineUrls, roles: readonly string[]): boolean {
  const places = Object.keys(NEEDED_BY) as (keyof EngineUrls)[];
  return places.some((place) => urls[place] === url && roles.some((role) => NEEDED_BY[place].includes(role)));
}
