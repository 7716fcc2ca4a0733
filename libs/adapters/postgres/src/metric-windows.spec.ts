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

  const planOf = async (requests: readonly WindowRequest[]) => {
    const { statement, values } = planWindows(requests);
    const { rows } = await catalog.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${statement}`, [
      scope.projectId,
      ...values,
    ]);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  /** Of partitions, or of chunks where the server has TimescaleDB. */
  const daysRead = async (requests: readonly WindowRequest[]) =>
    new Set((await planOf(requests)).match(/\bon (samples_|_hyper_)\w+/g)).size;
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

  it('compares tags only where some are asked for, so that others do not go through the whole index of tags', async () => {
    const comparisons = async (tags: readonly WindowRequest['tags'][]) => {
      const asked = tags.map((one) => ({ ...lastHour(NOON + 1), ...(one !== undefined && { tags: one }) }));
      return (await planOf(asked)).match(/tags @> asked\w*\.tags/g)?.length ?? 0;
    };
    expect(await comparisons([undefined, {}])).toBe(0);
    expect(await comparisons([{ host: 'a' }])).toBeGreaterThan(0);
    expect(await comparisons([undefined, {}, { host: 'a' }])).toBe(await comparisons([{ host: 'a' }]));
  });
});
