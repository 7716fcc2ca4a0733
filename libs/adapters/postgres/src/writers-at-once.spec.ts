import type { Pool } from 'pg';
import { type Catalog, startCatalog } from '../../../../test/support/start-catalog';
import { waitForLocks } from '../../../../test/support/wait-for-locks';
import { encodeEventBatch } from '../../../contracts/src/event-batch.message';
import { asId, type ChangeEventId } from '../../../core/src/common/ids';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import type { MinuteServiceEdge } from '../../../core/src/services/service-edge';
import { PostgresAnomalyStore } from './postgres-anomaly-store';
import { PostgresChangeEventStore } from './postgres-change-event-store';
import { PostgresServiceEdgeStore } from './postgres-service-edge-store';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const AT = new Date(NOON).toISOString();
const MINUTE = { fromMs: NOON, toMs: NOON + 60_000 };
const ROWS = 40;
const nameOf = (index: number) => `row ${String(index).padStart(2, '0')}`;
const NAMES = Array.from({ length: ROWS }, (_, index) => nameOf(index));
const MIDDLE = nameOf(ROWS / 2);

interface Writer {
  readonly table: string;
  /** Adds the row of that name, for the project $1 and the name $2. */
  readonly addRow: string;
  write(pool: Pool, scope: ProjectScope, names: readonly string[]): Promise<unknown>;
}

const edgeOf = (caller: string, count: number): MinuteServiceEdge => ({
  minuteMs: NOON,
  caller,
  callee: 'db',
  kind: 'parent_span',
  count,
});

const WRITERS: readonly Writer[] = [
  {
    table: 'change_events',
    addRow: `INSERT INTO change_events (project_id, id, timestamp, kind, service_name, title, context)
      VALUES ($1, $2, '${AT}', 'deploy', 'api', 'a', '{}')`,
    write: (pool, scope, names) =>
      new PostgresChangeEventStore(pool).write(
        scope,
        encodeEventBatch(
          names.map((name) => ({
            id: asId<ChangeEventId>(name),
            projectId: scope.projectId,
            kind: 'deploy',
            serviceName: 'api',
            title: 'a',
            timestamp: AT,
            context: {},
          })),
        ),
      ),
  },
  {
    table: 'service_anomaly_scores',
    addRow: `INSERT INTO service_anomaly_scores (project_id, at, service_name, score, details)
      VALUES ($1, '${AT}', $2, 0.5, '{}')`,
    write: (pool, scope, names) =>
      new PostgresAnomalyStore(pool).saveServiceScores(
        scope,
        names.map((serviceName) => ({
          serviceName,
          atMs: NOON,
          score: 0.5,
          series: 1,
          anomalous: 1,
          contributors: [],
        })),
      ),
  },
  {
    table: 'service_edges',
    addRow: `INSERT INTO service_edges (project_id, minute, caller, callee, kind, count)
      VALUES ($1, '${AT}', $2, 'db', 'parent_span', 1)`,
    write: (pool, scope, names) =>
      new PostgresServiceEdgeStore(pool).write(
        scope,
        MINUTE,
        names.map((name) => edgeOf(name, 1)),
      ),
  },
];

describe('two who write the same rows at the same time', () => {
  let catalog: Catalog;
  let scope: ProjectScope;
  beforeAll(async () => {
    catalog = await startCatalog();
  });
  beforeEach(async () => {
    scope = await catalog.newScope();
  });
  afterAll(() => catalog.end());

  /** Both begin while somebody is in the way of both, who then goes. */
  async function bothBehind(
    inTheWay: readonly (readonly [statement: string, values: readonly unknown[]])[],
    one: () => Promise<unknown>,
    other: () => Promise<unknown>,
  ): Promise<void> {
    const client = await catalog.pool.connect();
    try {
      await client.query('BEGIN');
      for (const [statement, values] of inTheWay) await client.query(statement, [...values]);
      const writing = Promise.all([one(), other()]);
      // Waited for below, where it is seen to end well.
      writing.catch(() => undefined);
      await waitForLocks(catalog.pool, 2);
      await client.query('ROLLBACK');
      await writing;
    } finally {
      client.release();
    }
  }

  it.each(WRITERS)(
    'wait for each other in $table, in whatever order they have them',
    async ({ addRow, write }) => {
      await bothBehind(
        [[addRow, [scope.projectId, MIDDLE]]],
        () => write(catalog.pool, scope, NAMES),
        () => write(catalog.pool, scope, NAMES.toReversed()),
      );
    },
  );

  it.each([
    ['change', NAMES],
    ['add', []],
  ])(
    'leave the service edges of one of them where each takes away what the other is to %s',
    async (_case, before) => {
      const store = new PostgresServiceEdgeStore(catalog.pool);
      await store.write(
        scope,
        MINUTE,
        before.map((name) => edgeOf(name, 1)),
      );
      const halfOf = (half: number) => NAMES.filter((_, index) => index % 2 === half);
      const writeHalf = (half: number) => () =>
        store.write(
          scope,
          MINUTE,
          halfOf(half).map((name) => edgeOf(name, 2 + half)),
        );
      const hold =
        before.length > 0
          ? `SELECT FROM service_edges WHERE project_id = $1 AND caller = $2 FOR UPDATE`
          : `INSERT INTO service_edges (project_id, minute, caller, callee, kind, count)
            VALUES ($1, '${AT}', $2, 'db', 'parent_span', 1)`;
      await bothBehind(
        [ROWS - 1, ROWS - 2].map((index) => [hold, [scope.projectId, nameOf(index)]] as const),
        writeHalf(0),
        writeHalf(1),
      );
      const { items } = await store.list(scope, { range: MINUTE }, { limit: ROWS });
      const kept = items.map(({ caller }) => caller);
      expect([halfOf(0), halfOf(1)]).toContainEqual(kept);
      expect(new Set(items.map(({ count }) => count)).size).toBe(1);
    },
  );
});
