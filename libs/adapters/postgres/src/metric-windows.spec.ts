import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { encodeMetricBatch } from '../../../contracts/src/metric-batch.message';
import { toIso } from '../../../core/src/common/time-range';
import type { WindowRequest } from '../../../core/src/metrics/metric-query';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { planWindows } from './metric-windows';
import { PostgresMetricStore } from './postgres-metric-store';

const NOON = Date.parse('2026-02-14T12:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('planWindows', () => {
  let catalog: Catalog;
  let scope: ProjectScope;

  beforeAll(async () => {
    catalog = await startCatalog();
    scope = await catalog.newScope();
    const store = new PostgresMetricStore(catalog.pool);
    await store.ensurePartitions(NOON);
    const samples = [-1, 0, 1].map((day) => ({
      projectId: scope.projectId,
      metricName: 'latency_ms',
      serviceName: 'api',
      tags: {},
      timestamp: toIso(NOON + day * DAY_MS),
      value: 1,
    }));
    await store.write(scope, encodeMetricBatch(samples));
  });
  afterAll(() => catalog.end());

  /** Of partitions, or of chunks where the server has TimescaleDB. */
  const daysRead = async (requests: readonly WindowRequest[]) => {
    const { statement, values } = planWindows(requests);
    const { rows } = await catalog.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${statement}`, [
      scope.projectId,
      ...values,
    ]);
    const tables = rows.flatMap((row) => row['QUERY PLAN'].match(/\bon (samples_|_hyper_)\w+/g) ?? []);
    return new Set(tables).size;
  };
  const lastHour = (endMs: number): WindowRequest => ({
    key: `${endMs}`,
    metricName: 'latency_ms',
    aggregation: 'avg',
    range: { fromMs: endMs - HOUR_MS, toMs: endMs },
    groupByService: false,
  });

  it('reads the days of its windows, and no others', async () => {
    expect(await daysRead([lastHour(NOON + 1)])).toBe(1);
    expect(await daysRead([lastHour(NOON + 1), lastHour(NOON + DAY_MS + 1)])).toBe(2);
  });
});
