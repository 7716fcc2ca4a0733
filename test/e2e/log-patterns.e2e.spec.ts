import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { logClusteringId } from '../../workflows/shared/workflow-ids';
import { type Api, apiOf } from '../support/api';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { createNamespace } from '../support/temporal-namespace';
import { waitFor } from '../support/wait-for';

describe('log patterns', () => {
  const namespace = `e2e-patterns-${randomUUID()}`;
  const address = process.env['OPSPILOT_TEST_TEMPORAL_ADDRESS'] ?? '';
  let opspilot: RunningOpsPilot;
  let api: Api;
  let connection: Connection;

  beforeAll(async () => {
    await createNamespace(address, namespace);
    opspilot = await startOpsPilot({
      environment: { TEMPORAL_NAMESPACE: namespace, ALERT_DELAY_SECONDS: '0' },
    });
    api = apiOf(opspilot);
    connection = await Connection.connect({ address });
    await waitFor('the workflow worker, which makes the schedules', async () =>
      (await api.get('/ready')).status === 200 ? true : undefined,
    );
  }, 120_000);
  afterAll(async () => {
    await connection?.close();
    await opspilot?.remove();
  });

  /** What the answer must show; log clustering is started by hand until it does. */
  async function afterClustering<Found>(
    what: string,
    look: () => Promise<Found | undefined>,
  ): Promise<Found> {
    const schedule = new Client({ connection, namespace }).schedule.getHandle(logClusteringId(0));
    return waitFor(
      what,
      async () => {
        const found = await look();
        if (found === undefined) await schedule.trigger();
        return found;
      },
      { everyMs: 1000 },
    );
  }

  it('turns logs into a catalogue of patterns with labels, whose ids stay, and tells what is new', async () => {
    const service = `s-${randomUUID()}`;
    const databases = ['orders', 'users', 'stock', 'billing', 'search', 'audit', 'sessions', 'mail'];
    const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    const logs = [
      ...Array.from({ length: 20 }, (_, index) => ({
        level: 'INFO',
        message: `heartbeat ${index}`,
        timestamp: at(70 - index),
      })),
      ...databases.map((name, index) => ({
        level: 'ERROR',
        message: `connection to database ${name} timed out after ${index * 100} ms`,
        timestamp: at(5),
      })),
    ].map((log) => ({ ...log, service }));
    expect((await api.post('/api/ingest/logs', { logs })).status).toBe(202);

    const query = `/api/logs/patterns?service_name=${service}&level=ERROR`;
    const pattern = await afterClustering('one catalogued pattern of eight fingerprints', async () => {
      const { body } = await api.get(query);
      return body.total === 1 && body.patterns[0].catalogued === true ? body.patterns[0] : undefined;
    });
    expect(pattern).toMatchObject({
      template: expect.stringMatching(/^connection to database <\S+> timed out after <\S+>/),
      count: databases.length,
      services: [service],
      level: 'error',
      labels: ['connection-timeout', 'timeout'],
    });
    expect(pattern.fingerprints).toHaveLength(databases.length);
    expect(pattern.trend.reduce((sum: number, count: number) => sum + count, 0)).toBe(databases.length);
    const example = await api.get(`/api/logs/${pattern.examples[0].id}`);
    expect(example.body.message).toBe(pattern.examples[0].message);

    const { body: diff } = await api.get(
      `/api/logs/patterns/diff?service_name=${service}&start_time=now-30m`,
    );
    expect(diff.new.map(({ id }: { id: string }) => id)).toEqual([pattern.id]);
    expect(diff.new[0].significance).toBeGreaterThan(2);
    expect(diff.gone.map(({ template }: { template: string }) => template)).toEqual(['heartbeat <num>']);

    const more = { level: 'ERROR', message: 'connection to database geo timed out after 17 ms', service };
    await api.post('/api/ingest/logs', { logs: [more] });
    const wider = await afterClustering('the pattern to widen', async () => {
      const { body } = await api.get(query);
      return body.total === 1 && body.patterns[0].count === databases.length + 1
        ? body.patterns[0]
        : undefined;
    });
    expect(wider.id).toBe(pattern.id);
  }, 180_000);

  it('labels patterns by a label of the project, as long as it has it', async () => {
    const service = `s-${randomUUID()}`;
    await api.post('/api/ingest/logs', {
      logs: [{ message: 'the card of visitor 17 was refused', service }],
    });
    const labelsOf = async () => {
      const { body } = await api.get(`/api/logs/patterns?service_name=${service}`);
      return body.patterns[0]?.labels as string[] | undefined;
    };
    await waitFor('the record', labelsOf);
    const label = { name: 'card-refused', all_of: ['card', 'refus*'] };
    expect((await api.post('/api/log-pattern-labels', label)).status).toBe(201);
    expect(await labelsOf()).toContain('card-refused');
    expect((await api.delete('/api/log-pattern-labels/card-refused')).status).toBe(204);
    expect(await labelsOf()).not.toContain('card-refused');
  });

  it('clusters thousands of messages that are sent, in a thread', async () => {
    const logs = Array.from({ length: 6000 }, (_, index) => ({
      level: 'ERROR',
      message:
        index % 2 === 0 ? `job ${index} failed` : `user user${index} logged in from 10.0.0.${index % 250}`,
    }));
    const { status, body } = await api.post('/ai/cluster', { logs });
    expect(status).toBe(200);
    expect(body.clusters.map(({ count }: { count: number }) => count)).toEqual([3000, 3000]);
    expect(body.clusters[0].logs).toHaveLength(3000);
  });
});
