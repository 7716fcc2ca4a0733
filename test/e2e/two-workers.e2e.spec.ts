import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { PostgresApiKeyStore } from '../../libs/adapters/postgres/src/postgres-api-key-store';
import { laneNameOf } from '../../libs/adapters/rabbitmq/src/queue-topology';
import { issueApiKey } from '../../libs/http/src/issue-api-key';
import { apiOf } from '../support/api';
import { describeWithEngine } from '../support/describe-with-engine';
import { removeIndices, removeQueues } from '../support/production-engines';
import { type Catalog, startCatalog } from '../support/start-catalog';
import { type Role, type RoleProcess, startRole } from '../support/start-role';
import { waitFor } from '../support/wait-for';

const REQUESTS = 80;
const RECORDS = 500;
const ALL = REQUESTS * RECORDS;

/** What a worker counts of log records. */
async function countsOf({ url }: RoleProcess): Promise<Record<'written' | 'duplicate' | 'rejected', number>> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  const read = (outcome: string) => {
    const name = 'opspilot_stored_records_total';
    const line = text
      .split('\n')
      .find((one) => one.startsWith(name) && one.includes('logs.ingest') && one.includes(outcome));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  return { written: read('written'), duplicate: read('duplicate'), rejected: read('rejected') };
}

/** How many take from a queue, which they declare themselves. */
async function consumersOf(url: string, queue: string): Promise<number> {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    return await channel.checkQueue(queue).then(
      ({ consumerCount }) => consumerCount,
      () => 0,
    );
  } finally {
    await connection.close();
  }
}

describeWithEngine('rabbitmq', 'two ingest workers on RabbitMQ', (queueUrl) => {
  describeWithEngine('opensearch', 'and OpenSearch', (logStoreUrl) => {
    const name = `e2e-${randomUUID()}`;
    const roles: RoleProcess[] = [];
    let catalog: Catalog;
    let environment: Record<string, string>;
    const fresh = laneNameOf(`${name}.`, 'logs.ingest', 'fresh');

    beforeAll(async () => {
      catalog = await startCatalog();
      environment = {
        DATABASE_URL: catalog.url,
        QUEUE_URL: queueUrl,
        QUEUE_NAME_PREFIX: `${name}.`,
        LOG_STORE_URL: logStoreUrl,
        LOG_STORE_INDEX_PREFIX: name,
        // Of a role that only moves records, nobody asks whether it answers.
        TEMPORAL_ADDRESS: '127.0.0.1:1',
        WORKER_BATCH_RECORDS: '1000',
        // A fraction of the backlog, so that neither takes all of it at once.
        QUEUE_PREFETCH_BYTES: String(1024 * 1024),
      };
    });

    afterAll(async () => {
      await Promise.all(roles.map((role) => role.stop()));
      await catalog.end();
      await removeQueues(queueUrl, `${name}.`);
      await removeIndices(logStoreUrl, name);
    });

    it('share a backlog, and nothing of it is lost or stored twice', async () => {
      const scope = await catalog.newScope();
      const { projectId } = scope;
      const issued = issueApiKey({ projectId, name: 'load', permissions: ['ingest'], nowMs: Date.now() });
      await new PostgresApiKeyStore(catalog.pool).create(scope, issued.key, issued.secretHash);
      const start = async (role: Role) => {
        const started = await startRole(role, environment);
        roles.push(started);
        return started;
      };
      const ingest = await start('ingest');
      const workers = await Promise.all([start('ingest-worker'), start('ingest-worker')]);
      // Before the records: one that asks for them a second later would find little left.
      await waitFor('both to ask for records', async () =>
        (await consumersOf(queueUrl, fresh)) === 2 ? true : undefined,
      );
      const api = apiOf({ url: ingest.url, apiKey: issued.secret });
      const requests = Array.from({ length: REQUESTS }, async (_, request) => {
        const logs = Array.from({ length: RECORDS }, (__, index) => ({
          level: 'info',
          service: 'load',
          message: `record ${request}-${index}`,
        }));
        expect((await api.post('/api/ingest/logs', { logs })).status).toBe(202);
      });
      await Promise.all(requests);

      const counts = await waitFor(
        'all of it to be stored',
        async () => {
          const found = await Promise.all(workers.map(countsOf));
          return found.reduce((sum, { written }) => sum + written, 0) >= ALL ? found : undefined;
        },
        { deadlineMs: 90_000 },
      );
      for (const { written } of counts) expect(written).toBeGreaterThan(0);
      const total = (what: keyof (typeof counts)[number]) => counts.reduce((sum, one) => sum + one[what], 0);
      expect([total('written'), total('duplicate'), total('rejected')]).toEqual([ALL, 0, 0]);
      await fetch(new URL(`${name}*/_refresh`, logStoreUrl), { method: 'POST' });
      const response = await fetch(new URL(`${name}*/_count`, logStoreUrl));
      expect(await response.json()).toMatchObject({ count: ALL });
    }, 150_000);
  });
});
