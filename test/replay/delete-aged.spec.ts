import { PostgresChangeEventStore } from '../../libs/adapters/postgres/src/postgres-change-event-store';
import { PostgresIncidentStore } from '../../libs/adapters/postgres/src/postgres-incident-store';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { PostgresMetricStore } from '../../libs/adapters/postgres/src/postgres-metric-store';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { PostgresServiceEdgeStore } from '../../libs/adapters/postgres/src/postgres-service-edge-store';
import { PostgresSnapshotStore } from '../../libs/adapters/postgres/src/postgres-snapshot-store';
import { PostgresSharedClock } from '../../libs/adapters/postgres/src/postgres-shared-clock';
import { encodeMetricBatch } from '../../libs/contracts/src/metric-batch.message';
import { systemClock } from '../../libs/core/src/common/clock';
import { systemStopwatch } from '../../libs/core/src/common/stopwatch';
import { toIso } from '../../libs/core/src/common/time-range';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import type { GoOn, Retention } from '../../libs/core/src/projects/retention';
import { createLogger } from '../../libs/observability/src/logger';
import { createMetricsRegistry } from '../../libs/observability/src/metrics';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { deleteAged } from '../../workflows/retention/delete-aged';
import { createRetentionMetrics } from '../../workflows/retention/retention-metrics';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-03-10T12:00:00Z');
/** A sample each. Five of them are older than three days. */
const DAYS_AGO = [9, 8, 7, 6, 5, 1];

describe('deleteAged', () => {
  let catalog: Catalog;
  let projects: PostgresProjectStore;
  let scope: ProjectScope;

  beforeAll(async () => {
    catalog = await startCatalog();
    projects = new PostgresProjectStore(catalog.pool);
  });
  beforeEach(async () => {
    scope = await catalog.newScope();
    await projects.setRetention(scope.projectId, { metrics: 3 });
    const samples = DAYS_AGO.map((ago) => ({
      projectId: scope.projectId,
      metricName: 'latency_ms',
      serviceName: 'api',
      tags: {},
      timestamp: toIso(NOW - ago * DAY_MS),
      value: 1,
    }));
    await new PostgresMetricStore(catalog.pool).write(scope, encodeMetricBatch(samples));
  });
  afterAll(() => catalog.end());

  /** While it runs, its project changes its mind, after the first portion. */
  const deleteWhile = (changed: Partial<Retention>) => {
    class Changing extends PostgresMetricStore {
      override deleteBefore(of: ProjectScope, beforeMs: number, goOn: GoOn): Promise<number> {
        return super.deleteBefore(of, beforeMs, async (count) => {
          await projects.setRetention(scope.projectId, changed);
          return goOn(count);
        });
      }
    }
    const deps = {
      projects,
      stores: { logs: new PostgresLogStore(catalog.pool), metrics: new Changing(catalog.pool) },
      serviceEdges: new PostgresServiceEdgeStore(catalog.pool),
      changeEvents: new PostgresChangeEventStore(catalog.pool),
      changeEventRetentionDays: 0,
      incidents: new PostgresIncidentStore(catalog.pool),
      incidentRetentionDays: 0,
      snapshots: new PostgresSnapshotStore(catalog.pool),
      snapshotRetentionMs: 30 * DAY_MS,
      defaults: { logs: 0, metrics: 0 },
      clock: systemClock,
      sharedClock: new PostgresSharedClock(catalog.pool),
      stopwatch: systemStopwatch,
      counters: createRetentionMetrics(createMetricsRegistry('test')),
      logger: createLogger({ role: 'test', level: 'silent' }),
    };
    const request = { retained: 'metrics', projectId: scope.projectId, atMs: NOW } as const;
    return deleteAged(deps, request, new AbortController().signal);
  };

  it.each<[string, Partial<Retention>, number, boolean]>([
    ['keeps just as much', { metrics: 3 }, 5, true],
    ['keeps less', { metrics: 2 }, 5, true],
    ['keeps more', { metrics: 7 }, 1, false],
    ['keeps all', {}, 1, false],
  ])('goes on by what the project now says: it %s', async (_case, changed, deleted, isDone) => {
    expect(await deleteWhile(changed)).toEqual({ deleted, isDone });
  });
});
