import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { RETENTION_SWEEP_ID } from '../../workflows/shared/workflow-ids';
import { type Answer, type Api, apiOf } from '../support/api';
import { opspilotCli } from '../support/opspilot-cli';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { createNamespace } from '../support/temporal-namespace';
import { waitFor } from '../support/wait-for';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const startOf = (daysAgo: number) =>
  new Date(Math.floor(NOW / DAY_MS) * DAY_MS - daysAgo * DAY_MS).toISOString();
const noonOf = (daysAgo: number) => new Date(Date.parse(startOf(daysAgo)) + DAY_MS / 2).toISOString();

describe('retention', () => {
  const namespace = `e2e-retention-${randomUUID()}`;
  const address = process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '';
  let opspilot: RunningOpsPilot;
  let mine: Api;
  let theirs: Api;
  let connection: Connection;

  beforeAll(async () => {
    await createNamespace(address, namespace);
    opspilot = await startOpsPilot({
      environment: { TEMPORAL_NAMESPACE: namespace, QUERY_CACHE_MAX_SECONDS: '0' },
    });
    mine = apiOf(opspilot);
    const made = await opspilotCli(opspilot.home, ['create-project', 'other']);
    const { api_key: apiKey } = JSON.parse(made.stdout) as { api_key: string };
    theirs = apiOf({ url: opspilot.url, apiKey });
    connection = await Connection.connect({ address });
    await waitFor('the workflow worker, which makes the schedules', async () =>
      (await mine.get('/ready')).status === 200 ? true : undefined,
    );
  }, 120_000);
  afterAll(async () => {
    await connection?.close();
    await opspilot?.remove();
  });

  /** A record and a sample at noon of each of these days. */
  async function send(api: Api, days: readonly number[]): Promise<void> {
    const logs = days.map((ago) => ({
      level: ago % 2 === 0 ? 'ERROR' : 'INFO',
      message: `${ago}`,
      service: 'shop',
      timestamp: noonOf(ago),
    }));
    const metrics = days.map((ago) => ({
      name: 'latency_ms',
      value: ago,
      service: 'shop',
      timestamp: noonOf(ago),
    }));
    expect((await api.post('/api/ingest/logs', { logs })).status).toBe(202);
    expect((await api.post('/api/ingest/metrics', { metrics })).status).toBe(202);
  }

  const range = `start_time=2000-01-01T00:00:00Z&end_time=${startOf(-1)}`;
  const kept = async (api: Api) => {
    const logs = await api.get(`/api/logs/query?${range}&limit=100&order=asc`);
    const volume = await api.get(
      `/api/logs/volume?start_time=${startOf(200)}&end_time=${startOf(-1)}&time_bucket=1d`,
    );
    const samples = await api.get(`/api/metrics/query?metric_name=latency_ms&${range}&time_bucket=7d`);
    const points: readonly { value: number }[] = samples.body.series[0]?.points ?? [];
    return {
      logs: logs.body.logs.map(({ message }: { message: string }) => Number(message)),
      counted: volume.body.buckets.reduce((sum: number, { count }: { count: number }) => sum + count, 0),
      samples: points.length,
    };
  };
  const storedAll = (api: Api, logs: number) =>
    waitFor(`${logs} records`, async () => {
      const found = await kept(api);
      return found.logs.length === logs && found.samples > 0 ? found : undefined;
    });
  /** Starts runs by hand until the answer shows it. None is under way afterwards, which would take what comes late before it is seen. */
  const afterSweep = async (what: string, look: () => Promise<boolean>) => {
    const schedule = new Client({ connection, namespace }).schedule.getHandle(RETENTION_SWEEP_ID);
    await waitFor(
      what,
      async () => {
        if (await look()) return true;
        await schedule.trigger();
        return undefined;
      },
      { everyMs: 2000 },
    );
    await waitFor('all runs to end', async () =>
      (await schedule.describe()).info.runningActions.length === 0 ? true : undefined,
    );
  };

  it('deletes nothing until somebody says so, then what is older than one project keeps, and nothing of another', async () => {
    // No day that a midnight during the test would make too old.
    await send(mine, [120, 41, 12, 10, 6, 1]);
    await send(theirs, [120, 10, 1]);
    await storedAll(mine, 6);
    const before = await storedAll(theirs, 3);

    const supposed: Answer = await mine.get('/api/retention?log_days=7&metric_days=7');
    expect(supposed.body).toMatchObject({
      logs: { days: 7, own_days: null, oldest: noonOf(120), to_delete: 4 },
      metrics: { days: 7, oldest: noonOf(120), has_to_delete: true },
    });
    expect([startOf(7), startOf(6)]).toContain(supposed.body.logs.kept_from);
    expect((await mine.get('/api/retention')).body.logs).toMatchObject({
      days: 0,
      kept_from: null,
      to_delete: 0,
    });

    const set = await mine.raw('PUT', '/api/retention', JSON.stringify({ log_days: 7, metric_days: 30 }), {
      'x-api-key': opspilot.apiKey,
      'content-type': 'application/json',
    });
    expect(set.status).toBe(200);
    expect(set.body.logs).toMatchObject({ days: 7, own_days: 7, to_delete: 4 });

    await afterSweep('the old ones to be gone', async () => {
      const { logs, metrics } = (await mine.get('/api/retention')).body;
      return logs.to_delete === 0 && !metrics.has_to_delete;
    });
    expect(await kept(mine)).toMatchObject({ logs: [6, 1], counted: 2 });
    expect((await mine.get('/api/retention')).body).toMatchObject({
      logs: { oldest: noonOf(6) },
      metrics: { oldest: noonOf(12) },
    });
    expect(await kept(theirs)).toEqual(before);
  }, 240_000);

  it('takes what comes late for a day that is gone, shows it, and deletes it with the next run', async () => {
    await send(mine, [12]);
    const found = await waitFor('the late record', async () => {
      const { logs, counted } = await kept(mine);
      return logs.includes(12) ? { logs, counted } : undefined;
    });
    expect(found).toEqual({ logs: [12, 6, 1], counted: 3 });
    await afterSweep('it to be gone', async () => (await kept(mine)).logs.length === 2);
    const deadLetters = await mine.get('/api/dead-letters?queue=logs.ingest');
    expect(deadLetters.body.total).toBe(0);
  }, 240_000);
});
