import { randomUUID } from 'node:crypto';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { PostgresLogStore } from '../../libs/adapters/postgres/src/postgres-log-store';
import { PostgresProjectStore } from '../../libs/adapters/postgres/src/postgres-project-store';
import { PostgresSharedClock } from '../../libs/adapters/postgres/src/postgres-shared-clock';
import { PostgresServiceEdgeStore } from '../../libs/adapters/postgres/src/postgres-service-edge-store';
import { LogStoreSubject } from '../../libs/conformance/src/given-log-records.conformance';
import { OpsError } from '../../libs/core/src/common/errors';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import { createLogger } from '../../libs/observability/src/logger';
import { createServiceEdgeActivities } from '../../workflows/service-edges/service-edges.activities';
import type {
  ServiceEdgeSweepInput,
  ServiceEdgeSweepResult,
} from '../../workflows/service-edges/service-edges.contract';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { type TemporalTestWorker, startTemporalTestWorker } from '../support/temporal-test-worker';
import { waitFor } from '../support/wait-for';
import { recordHistory } from '../support/workflow-history';

const MINUTE = 60_000;
const failing = new Set<string>();
/** What was logged about a project, as JSON. */
const toldOf = ({ projectId }: ProjectScope) => told.filter((line) => line.includes(projectId));
const told: string[] = [];

class FallibleLogStore extends PostgresLogStore {
  override countEdges(...[scope, range, limits]: Parameters<PostgresLogStore['countEdges']>) {
    if (!failing.has(scope.projectId)) return super.countEdges(scope, range, limits);
    return Promise.reject(new OpsError('invalid', 'OPS_REQUEST_INVALID', 'made to fail by the test'));
  }
}

let catalog: Catalog;
let temporal: TemporalTestWorker;
let edges: PostgresServiceEdgeStore;
let logs: FallibleLogStore;

beforeAll(async () => {
  catalog = await startCatalog();
  edges = new PostgresServiceEdgeStore(catalog.pool);
  logs = new FallibleLogStore(catalog.pool);
  temporal = await startTemporalTestWorker(() =>
    createServiceEdgeActivities({
      projects: new PostgresProjectStore(catalog.pool),
      logStore: logs,
      sharedClock: new PostgresSharedClock(catalog.pool),
      serviceEdgeStore: edges,
      logger: createLogger({
        level: 'warn',
        role: 'test',
        destination: { write: (line) => void told.push(line) },
      }),
    }),
  );
});

afterAll(async () => {
  await temporal?.stop();
  await catalog?.end();
});

type ServiceEdges = (input: ServiceEdgeSweepInput) => Promise<ServiceEdgeSweepResult>;

function sweep(workflowId = `serviceEdges:test:${randomUUID()}`): Promise<ServiceEdgeSweepResult> {
  const { client, taskQueue } = temporal;
  const args: [ServiceEdgeSweepInput] = [{ shard: 0, shards: 1 }];
  return client.workflow.execute<ServiceEdges>('serviceEdges', { workflowId, taskQueue, args });
}

/** A call of each traced pair of services, and its answer, `agoMs` before now. */
async function calls(scope: ProjectScope, pairs: readonly (readonly [string, string])[], agoMs: number) {
  const at = new Date(Date.now() - agoMs).toISOString();
  const records = pairs.flatMap(([caller, callee]) => {
    const traceId = randomUUID();
    return [
      { service: caller, traceId, at, spanId: 'a' },
      { service: callee, traceId, at, spanId: 'b', parentSpanId: 'a', index: 1 },
    ];
  });
  await new LogStoreSubject(logs).put(records, scope);
}

const listed = async (scope: ProjectScope) => {
  const range = { fromMs: Date.now() - 10 * MINUTE, toMs: Date.now() };
  const { items } = await edges.list(scope, { range }, { limit: 10 });
  return items.map(({ caller, callee, kind, count }) => `${caller}>${callee} ${kind} ${count}`);
};

describe('the service edges of a shard', () => {
  it('are those of each project, whatever becomes of the others, said once, and the same when derived again', async () => {
    const [one, two, broken] = [await catalog.newScope(), await catalog.newScope(), await catalog.newScope()];
    failing.add(broken.projectId);
    await calls(
      one,
      [
        ['web', 'cart'],
        ['web', 'cart'],
        ['cart', 'db'],
      ],
      2 * MINUTE,
    );
    await calls(two, [['app', 'api']], 3 * MINUTE);
    await calls(broken, [['app', 'api']], 3 * MINUTE);
    const workflowId = `serviceEdges:test:${randomUUID()}`;
    expect(await sweep(workflowId)).toMatchObject({ projects: 3, failedProjects: 1 });
    await sweep();
    expect(await listed(one)).toEqual(['web>cart parent_span 2', 'cart>db parent_span 1']);
    expect(await listed(two)).toEqual(['app>api parent_span 1']);
    expect(await listed(broken)).toEqual([]);
    expect(toldOf(broken)).toEqual([expect.stringContaining('service edges of a project are not derived')]);
    failing.delete(broken.projectId);
    await sweep();
    failing.add(broken.projectId);
    await sweep();
    expect(toldOf(broken)).toHaveLength(2);
    await recordHistory(temporal.client, workflowId, 'serviceEdges');
  });

  it('make up for runs that were missed: each run of a schedule knows where the last one ended', async () => {
    const { client, taskQueue } = temporal;
    const schedule = await client.schedule.create({
      scheduleId: `serviceEdges:test:${randomUUID()}`,
      spec: {},
      action: {
        type: 'startWorkflow',
        workflowType: 'serviceEdges',
        workflowId: `serviceEdges:test:${randomUUID()}`,
        taskQueue,
        args: [{ shard: 0, shards: 1 }],
      },
    });
    try {
      /** Starts the schedule's next run, and gives what it was asked to derive. */
      const runOnce = async (runs: number): Promise<unknown> => {
        await schedule.trigger(ScheduleOverlapPolicy.SKIP);
        const action = await waitFor('the run to start', async () => {
          const { recentActions } = (await schedule.describe()).info;
          return recentActions.length === runs ? recentActions.at(-1)?.action : undefined;
        });
        const handle = client.workflow.getHandle(action.workflow.workflowId);
        await handle.result();
        const { events } = await handle.fetchHistory();
        const [scheduled] = (events ?? []).flatMap(
          (event) => event.activityTaskScheduledEventAttributes ?? [],
        );
        const [payload] = scheduled?.input?.payloads ?? [];
        return JSON.parse(Buffer.from(payload?.data ?? []).toString());
      };
      const first = await runOnce(1);
      expect(first).not.toHaveProperty('derivedToMs');
      expect(await runOnce(2)).toMatchObject({ derivedToMs: expect.any(Number), shard: 0, shards: 1 });
    } finally {
      await schedule.delete();
    }
  });
});
