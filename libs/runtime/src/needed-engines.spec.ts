import type { EngineUrls } from '../../config/src/engine-settings';
import { isNeeded } from './needed-engines';

const PRODUCTION: EngineUrls = {
  catalog: 'postgres://catalog',
  logStore: 'http://logs',
  metricStore: 'postgres://metrics',
  queue: 'amqp://queue',
  cache: 'redis://cache',
  objects: 's3://objects',
};
const needs = (roles: readonly string[], urls = PRODUCTION) =>
  [...new Set(Object.values(urls))].filter((url) => isNeeded(url, urls, roles));

describe('isNeeded', () => {
  it('lets ingest be ready while a store is away, and the API and the workflows while the queue is', () => {
    expect(needs(['ingest'])).toEqual(['postgres://catalog', 'amqp://queue']);
    for (const role of ['api', 'workflow-worker'])
      expect(needs([role])).toEqual(['postgres://catalog', 'http://logs', 'postgres://metrics']);
  });

  it('lets nobody be ready without the catalog, nor a worker without what it writes to', () => {
    for (const role of ['ingest', 'ingest-worker', 'api', 'workflow-worker'])
      expect(needs([role])).toContain('postgres://catalog');
    expect(needs(['ingest-worker'])).toEqual([
      'postgres://catalog',
      'http://logs',
      'postgres://metrics',
      'amqp://queue',
    ]);
  });

  it('needs what one of a process’s roles needs, and what one engine keeps besides what is not needed', () => {
    expect(needs(['ingest', 'api'])).toEqual(needs(['ingest-worker']));
    const one = 'postgres://all';
    expect(needs(['ingest'], { ...PRODUCTION, catalog: one, logStore: one, queue: one })).toEqual([one]);
  });
});
