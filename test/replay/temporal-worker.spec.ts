import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { NestFactory } from '@nestjs/core';
import { WorkflowNotFoundError } from '@temporalio/client';
import { TemporalWorker } from '../../apps/workflow-worker/src/temporal-worker.provider';
import { WorkflowWorkerModule } from '../../apps/workflow-worker/src/workflow-worker.module';
import { loadConfig } from '../../libs/config/src/load-config';
import { createLogger } from '../../libs/observability/src/logger';
import { HealthChecks } from '../../libs/runtime/src/health-checks';
import { RuntimeModule } from '../../libs/runtime/src/runtime.module';
import { stopWithin } from '../../libs/runtime/src/stop-within';
import { TemporalConnection } from '../../libs/runtime/src/temporal-connection';
import { startSilentWire } from '../support/silent-wire';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { createNamespace, deleteSchedules } from '../support/temporal-namespace';
import { waitFor } from '../support/wait-for';

const NOBODY_LISTENS = '127.0.0.1:1';
/** Of gRPC. */
const DEADLINE_EXCEEDED = 4;
const SHUTDOWN_TIMEOUT_SECONDS = 20;

let catalog: Catalog;

beforeAll(async () => {
  catalog = await startCatalog();
});

afterAll(async () => {
  await catalog.end();
});

/** The role as its own process would run it, without HTTP. */
async function startRole(temporalAddress: string, namespace: string) {
  const lines: string[] = [];
  const config = loadConfig({
    environment: {
      DATABASE_URL: catalog.url,
      TEMPORAL_ADDRESS: temporalAddress,
      TEMPORAL_NAMESPACE: namespace,
    },
  });
  const log = createLogger({
    level: 'debug',
    role: 'test',
    destination: { write: (line) => lines.push(line) },
  });
  class Role {}
  const imports = [RuntimeModule.forRoot({ config, roles: ['workflow-worker'], log }), WorkflowWorkerModule];
  const app = await NestFactory.createApplicationContext({ module: Role, imports }, { logger: false });
  const checkOf = (wanted: string) => {
    const check = app
      .get(HealthChecks)
      .all()
      .find(({ name }) => name === wanted);
    if (check === undefined) throw new Error('the worker tells of its health');
    return check;
  };
  const check = checkOf('workflow worker');
  const isReady = () =>
    check.check().then(
      () => true,
      () => undefined,
    );
  return { app, check, isReady, schedules: checkOf('schedules'), lines };
}

describe('the workflow worker', () => {
  it('gets ready with its schedules at the server, evaluates on schedule, stops in order, and shows a schedule that was paused', async () => {
    const namespace = `worker-${randomUUID()}`;
    const address = process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '';
    await createNamespace(address, namespace);
    const { app, check, isReady, schedules } = await startRole(address, namespace);
    const { client } = app.get(TemporalConnection);
    try {
      await waitFor('the worker to be ready', isReady, { deadlineMs: 90_000 });
      const schedule = client.schedule.getHandle('alertEvaluation:10s:shard-0');
      const run = await waitFor('an evaluation on schedule', async () => {
        const [first] = (await schedule.describe()).info.recentActions;
        return first;
      });
      const result: unknown = await client.workflow.getHandle(run.action.workflow.workflowId).result();
      expect(result).toMatchObject({ scheduledAtMs: run.scheduledAt.getTime(), failedProjects: 0 });
      await schedules.check();
      await schedule.pause();
    } finally {
      await app.close();
    }
    await expect(check.check()).rejects.toThrow('the workflow worker is stopped');

    const next = await startRole(address, namespace);
    try {
      await waitFor(
        'the paused schedule to be shown',
        () =>
          next.schedules.check().then(
            () => undefined,
            () => true,
          ),
        { deadlineMs: 90_000 },
      );
      expect(next.schedules.isOptional).toBe(true);
      await next.check.check();
    } finally {
      await next.app.close();
      await deleteSchedules(address, namespace);
    }
  }, 180_000);

  it('waits for a server that is not there, says so once, is not ready, and can still be stopped', async () => {
    const { app, check, lines } = await startRole(NOBODY_LISTENS, 'default');
    const attempts = () =>
      lines
        .filter((line) => line.includes('workflow worker is not running, trying again'))
        .map((line) => JSON.parse(line) as object);
    await waitFor('three attempts', () => (attempts().length >= 3 ? true : undefined));
    const problem = 'Temporal does not answer: start it, or correct TEMPORAL_ADDRESS';
    expect(attempts()[0]).toMatchObject({ level: 'warn', problem });
    expect(attempts()[1]).toMatchObject({ level: 'debug', problem });
    expect(attempts()[2]).toMatchObject({ level: 'debug', problem });
    await expect(check.check()).rejects.toThrow(`the workflow worker is stopped: ${problem}`);
    // Private: nothing else shows what waits for the end of the process.
    const { signal } = Reflect.get(app.get(TemporalWorker), 'stopping') as AbortController;
    // All attempts together, and the pause before the next one.
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(2);
    await app.close();
  });

  it('can be stopped before it knows that a server takes connections and says nothing', async () => {
    const wire = await startSilentWire('http://127.0.0.1:1', { isMute: true });
    const { app, lines } = await startRole(new URL(wire.url).host, 'default');
    try {
      await waitFor('a connection', () => wire.taken() || undefined);
      await app.close();
      expect(lines.filter((line) => line.includes('trying again'))).toEqual([]);
    } finally {
      await wire.close();
    }
  });
});

describe('the workflow worker beside a Temporal that hangs while it runs', () => {
  it('stops in order where nothing is under way', async () => {
    const namespace = `worker-${randomUUID()}`;
    const address = process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '';
    await createNamespace(address, namespace);
    const wire = await startSilentWire(`http://${address}`);
    const { app, isReady, lines } = await startRole(new URL(wire.url).host, namespace);
    try {
      await waitFor('the worker to be ready', isReady, { deadlineMs: 90_000 });
      wire.goSilent();
      await stopWithin(SHUTDOWN_TIMEOUT_SECONDS, () => app.close());
      expect(lines.at(-1)).toContain('ends without a word');
    } finally {
      await wire.close();
      await deleteSchedules(address, namespace);
    }
  }, 180_000);
});

describe('the connection to Temporal', () => {
  it('is made anew where the server hung when it was made and never says anything over it, and ends what was asked over that', async () => {
    const wire = await startSilentWire(`http://${process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? ''}`, {
      isMute: true,
    });
    const times = { lookEveryMs: 1000, longestCallMs: 5000 };
    const temporal = new TemporalConnection(new URL(wire.url).host, 'default', times);
    const describeMissing = () => temporal.client.workflow.getHandle(randomUUID()).describe();
    try {
      const askedInVain = expect(describeMissing()).rejects.toMatchObject({
        cause: { code: DEADLINE_EXCEEDED },
      });
      await waitFor('a connection', () => wire.taken() || undefined);
      wire.speak();
      await waitFor('an answer', () =>
        temporal.check(1000).then(
          () => true,
          () => undefined,
        ),
      );
      await expect(describeMissing()).rejects.toThrow(WorkflowNotFoundError);
      await askedInVain;
    } finally {
      await temporal.close();
      await wire.close();
    }
  });
});
