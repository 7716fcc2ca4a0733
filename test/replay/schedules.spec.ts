import { randomUUID } from 'node:crypto';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { declareSearchAttributes } from '../../apps/workflow-worker/src/declare-search-attributes';
import { ScheduleKeeper } from '../../apps/workflow-worker/src/schedule-keeper';
import { reconcileSchedules } from '../../apps/workflow-worker/src/schedules.reconciler';
import { wantedSchedules } from '../../apps/workflow-worker/src/wanted-schedules';
import { createLogger } from '../../libs/observability/src/logger';
import { createNamespace, deleteSchedules } from '../support/temporal-namespace';
import { waitFor } from '../support/wait-for';

const logger = createLogger({ level: 'silent', role: 'test' });
const namespace = `schedules-${randomUUID()}`;
const address = process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '';
const EVERY_FIVE_MINUTES = {
  snapshotIntervalMinutes: 5,
  clusteringIntervalMinutes: 5,
  detectionIntervalMinutes: 5,
};
const one = wantedSchedules({ ...EVERY_FIVE_MINUTES, shards: 1 });
let connection: Connection;
let client: Client;

const idsOf = (wanted: readonly { readonly scheduleId: string }[]) =>
  wanted.map(({ scheduleId }) => scheduleId);

async function listedIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId);
  return ids.sort();
}

beforeAll(async () => {
  await createNamespace(address, namespace);
  connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
});

afterAll(async () => {
  await connection.close();
  await deleteSchedules(address, namespace);
});

describe('reconcileSchedules', () => {
  it('creates what is missing, changes nothing when repeated, updates what differs and deletes what is too many', async () => {
    const two = wantedSchedules({ ...EVERY_FIVE_MINUTES, shards: 2 });
    expect(await reconcileSchedules(client.schedule, two, logger)).toEqual({
      created: idsOf(two),
      updated: [],
      deleted: [],
      paused: [],
    });
    expect(await reconcileSchedules(client.schedule, two, logger)).toEqual({
      created: [],
      updated: [],
      deleted: [],
      paused: [],
    });

    // The listing from which too many are known is eventually consistent.
    await waitFor('all schedules to be listed', async () =>
      (await listedIds()).length === two.length ? true : undefined,
    );
    const changed = await reconcileSchedules(client.schedule, one, logger);
    expect(changed.created).toEqual([]);
    const sharded = idsOf(one).filter((id) => id.endsWith('shard-0'));
    expect([...changed.updated].sort()).toEqual(sharded.sort());
    expect([...changed.deleted].sort()).toEqual(
      idsOf(two)
        .filter((id) => id.endsWith('shard-1'))
        .sort(),
    );
  });

  it('leaves a paused schedule paused and names it, and the schedules of others alone', async () => {
    const [first] = one;
    if (first === undefined) throw new Error('there is a schedule');
    await client.schedule.create({
      scheduleId: 'backup:shard-0',
      spec: { intervals: [{ every: '1 day' }] },
      action: { type: 'startWorkflow', workflowType: 'backup', taskQueue: 'none' },
      policies: { overlap: ScheduleOverlapPolicy.SKIP },
    });
    const handle = client.schedule.getHandle(first.scheduleId);
    await handle.pause('looking into something');
    await waitFor('the pause to be known', async () =>
      (await handle.describe()).state.paused ? true : undefined,
    );
    const faster = one.map((schedule) => ({ ...schedule, timeoutMs: schedule.timeoutMs + 1000 }));
    const changed = await reconcileSchedules(client.schedule, faster, logger);
    expect(changed.updated).toHaveLength(one.length);
    expect(changed.paused).toEqual([first.scheduleId]);
    const { state, action } = await handle.describe();
    expect(state).toMatchObject({ paused: true, note: 'looking into something' });
    expect(action.workflowExecutionTimeout).toBe(first.timeoutMs + 1000);
    expect((await client.schedule.getHandle('backup:shard-0').describe()).scheduleId).toBe('backup:shard-0');
    await handle.unpause();
  });
});

describe('ScheduleKeeper', () => {
  it('makes schedules anew that the server has lost while the worker runs, and tells that they were lost', async () => {
    await reconcileSchedules(client.schedule, one, logger);
    const stopping = new AbortController();
    let lost = 0;
    const keeper = new ScheduleKeeper({
      reconcile: () => reconcileSchedules(client.schedule, one, logger),
      onLost: async () => void lost++,
      logger,
      everyMs: 100,
    });
    const running = keeper.run(stopping.signal);
    try {
      const handle = client.schedule.getHandle('alertEvaluation:10s:shard-0');
      await handle.delete();
      await waitFor('the schedule to be back', () =>
        handle.describe().then(
          () => true,
          () => undefined,
        ),
      );
      await waitFor('the loss to be told', () => (lost > 0 ? true : undefined));
    } finally {
      stopping.abort();
      await running;
    }
  });

  it('ends when it is told to while Temporal hangs', async () => {
    const stopping = new AbortController();
    let looks = 0;
    const keeper = new ScheduleKeeper({
      reconcile: () => {
        looks += 1;
        return new Promise(() => undefined);
      },
      onLost: () => Promise.resolve(),
      logger,
      everyMs: 10,
    });
    const running = keeper.run(stopping.signal);
    await waitFor('a look', () => (looks > 0 ? true : undefined));
    stopping.abort();
    await running;
  });

  it('tells once which schedules somebody has paused, shows them for as long as they are, and leaves them so', async () => {
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const stopping = new AbortController();
    await reconcileSchedules(client.schedule, one, logger);
    let looks = 0;
    const keeper = new ScheduleKeeper({
      reconcile: async () => {
        looks += 1;
        return reconcileSchedules(client.schedule, one, logger);
      },
      onLost: () => Promise.resolve(),
      logger: createLogger({ level: 'info', role: 'test', destination: { write } }),
      everyMs: 10,
    });
    const running = keeper.run(stopping.signal);
    const handle = client.schedule.getHandle('alertEvaluation:1m:shard-0');
    try {
      await waitFor('two looks', () => (looks > 2 ? true : undefined));
      await keeper.checkPaused();
      await handle.pause('for a while');
      await waitFor('it to be shown', () => (keeper.paused.length > 0 ? true : undefined));
      await expect(keeper.checkPaused()).rejects.toThrow(
        /unpauses them in Temporal: alertEvaluation:1m:shard-0$/,
      );
      const seenAt = looks;
      await waitFor('more looks', () => (looks > seenAt + 2 ? true : undefined));
      expect((await handle.describe()).state.paused).toBe(true);
      await handle.unpause();
      await waitFor('it to be over', () => (keeper.paused.length === 0 ? true : undefined));
      await keeper.checkPaused();
    } finally {
      stopping.abort();
      await running;
    }
    const told = lines.map((line) => JSON.parse(line) as { level: string; schedules?: string[] });
    expect(told).toMatchObject([
      { level: 'warn', schedules: ['alertEvaluation:1m:shard-0'] },
      { level: 'info' },
    ]);
  });

  it('tells of a loss until it is heard: what is to be done then may fail at first', async () => {
    const stopping = new AbortController();
    let looks = 0;
    let told = 0;
    const keeper = new ScheduleKeeper({
      reconcile: () =>
        Promise.resolve({ created: looks++ === 0 ? ['any'] : [], updated: [], deleted: [], paused: [] }),
      onLost: async () => {
        told += 1;
        if (told === 1) throw new Error('no answer');
      },
      logger,
      everyMs: 10,
    });
    const running = keeper.run(stopping.signal);
    await waitFor('more looks', () => (looks > 3 ? true : undefined));
    stopping.abort();
    await running;
    expect(told).toBe(2);
  });

  it('says why it cannot look, once, goes on trying, and is fine as soon as it can', async () => {
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const stopping = new AbortController();
    let looks = 0;
    const keeper = new ScheduleKeeper({
      reconcile: async () => {
        looks += 1;
        if (looks < 3) throw new Error('no answer');
        return { created: [], updated: [], deleted: [], paused: [] };
      },
      onLost: () => Promise.resolve(),
      logger: createLogger({ level: 'warn', role: 'test', destination: { write } }),
      everyMs: 10,
    });
    const running = keeper.run(stopping.signal);
    try {
      await waitFor('the problem', () => (keeper.problem === 'no answer' ? true : undefined));
      await waitFor('it to be over', () => (keeper.problem === undefined && looks >= 3 ? true : undefined));
    } finally {
      stopping.abort();
      await running;
    }
    expect(lines).toHaveLength(1);
  });
});

describe('declareSearchAttributes', () => {
  it('declares what is missing, once', async () => {
    await declareSearchAttributes(connection.operatorService, namespace, logger);
    const names = await waitFor('the attributes to be known', async () => {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      return 'ProjectId' in customAttributes ? Object.keys(customAttributes) : undefined;
    });
    expect(names).toEqual(
      expect.arrayContaining(['ProjectId', 'IncidentId', 'RuleId', 'Severity', 'Service']),
    );
    await declareSearchAttributes(connection.operatorService, namespace, logger);
  });
});
