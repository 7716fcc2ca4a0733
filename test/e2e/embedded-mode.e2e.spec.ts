import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { Client } from 'pg';
import { apiOf } from '../support/api';
import { type RunningOpsPilot, startOpsPilot } from '../support/start-opspilot';
import { waitFor } from '../support/wait-for';

const NOBODY_LISTENS = 'http://127.0.0.1:1';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Until the kernel has none of them left. */
function allEnded(pids: Readonly<Record<string, number>>): Promise<true> {
  return waitFor('all processes to end', () => (Object.values(pids).some(isAlive) ? undefined : true), {
    deadlineMs: 40_000,
  });
}

async function storedOnce(
  opspilot: RunningOpsPilot,
  service: string,
  accepted: readonly string[],
): Promise<void> {
  const api = apiOf(opspilot);
  const seen = await waitFor(
    `${accepted.length} accepted records`,
    async () => {
      const messages: string[] = [];
      let cursor: string | null = null;
      do {
        const page: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const { body } = await api.get(
          `/api/logs/query?service_name=${service}&limit=1000&start_time=now-1d${page}`,
        );
        messages.push(...body.logs.map(({ message }: { message: string }) => message));
        cursor = body.next_cursor;
      } while (cursor !== null);
      return accepted.every((message) => messages.includes(message)) ? messages : undefined;
    },
    { deadlineMs: 60_000, everyMs: 500 },
  );
  expect(seen.length).toBe(new Set(seen).size);
}

describe('embedded mode, on engines of its own', () => {
  it('keeps every accepted record once through kill -9 of all its processes, and stops without leaving any', async () => {
    const first = await startOpsPilot({ embedded: true });
    const service = `s-${randomUUID()}`;
    const accepted: string[] = [];
    const api = apiOf(first);
    let sending = true;
    const sender = (async () => {
      for (let batch = 0; sending; batch++) {
        const messages = Array.from({ length: 200 }, (_, index) => `record ${batch} ${index}`);
        const key = { 'idempotency-key': randomUUID() };
        const answer = await api
          .post('/api/ingest/logs', { logs: messages.map((message) => ({ message, service })) }, key)
          .catch(() => undefined);
        if (answer?.status === 202) accepted.push(...messages);
        else sending = false;
      }
    })();
    await waitFor('some batches', () => (accepted.length > 5000 ? true : undefined));
    for (const pid of new Set(Object.values(first.pids))) process.kill(pid, 'SIGKILL');
    sending = false;
    await sender;
    await allEnded(first.pids);

    const second = await first.restart();
    expect([second.apiKey, second.projectId]).toEqual([first.apiKey, first.projectId]);
    await storedOnce(second, service, accepted);

    const stoppedWith = await second.stop('SIGINT');
    expect(stoppedWith).toBe(0);
    await allEnded(second.pids);
    const third = await second.restart();
    await storedOnce(third, service, accepted);
    await third.remove();
  }, 240_000);

  it('cleans up after only its own process was killed, and starts an engine again that ended by itself', async () => {
    const first = await startOpsPilot({ embedded: true });
    await first.stop('SIGKILL');
    const second = await first.restart();
    const { postgres } = second.pids;
    if (postgres === undefined) throw new Error('no PostgreSQL was started');
    process.kill(postgres, 'SIGKILL');
    const api = apiOf(second);
    await waitFor(
      'records to be taken again',
      async () => {
        const answer = await api
          .post('/api/ingest/logs', { logs: [{ message: 'after the crash', service: 'again' }] })
          .catch(() => undefined);
        return answer?.status === 202 ? true : undefined;
      },
      { deadlineMs: 60_000 },
    );
    await second.remove();
  }, 240_000);

  it('pays no heed to what the environment says about other servers', async () => {
    const opspilot = await startOpsPilot({
      embedded: true,
      environment: {
        PGSSLMODE: 'require',
        PGOPTIONS: '-c default_transaction_read_only=on',
        http_proxy: NOBODY_LISTENS,
        HTTP_PROXY: NOBODY_LISTENS,
        NODE_USE_ENV_PROXY: '1',
      },
    });
    const api = apiOf(opspilot);
    const record = { message: 'on time', service: 'environment', timestamp: '2026-05-04T03:02:01.000Z' };
    expect((await api.post('/api/ingest/logs', { logs: [record] })).status).toBe(202);
    const stored = await waitFor('the record', async () => {
      const { body } = await api.get(
        '/api/logs/query?service_name=environment&start_time=2026-05-04T00:00:00Z',
      );
      return body.logs[0];
    });
    expect(stored).toMatchObject({ timestamp: record.timestamp });
    await waitFor('all to be well', async () => {
      const { body } = await api.get('/health');
      return body.status === 'ok' ? true : undefined;
    });
    await opspilot.remove();
  }, 240_000);

  it('says in plain words that a port is taken or that a value is wrong, all at once, and leaves nothing running', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    await expect(startOpsPilot({ embedded: true, environment: { PORT: String(port) } })).rejects.toThrow(
      /is taken by another program/,
    );
    await expect(
      startOpsPilot({ embedded: true, environment: { PORT: 'many', QUEUE_MAX_ATTEMPTS: '-1' } }),
    ).rejects.toThrow(/2 problems[^]*PORT[^]*QUEUE_MAX_ATTEMPTS|2 problems[^]*QUEUE_MAX_ATTEMPTS[^]*PORT/);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }, 240_000);

  it('refuses what another version has made in plain words, and leaves it as it is', async () => {
    const opspilot = await startOpsPilot({ embedded: true });
    const connection = await readFile(path.join(opspilot.home, 'connection.json'), 'utf8');
    const client = new Client({ connectionString: JSON.parse(connection).database_url });
    await client.connect();
    await client.query(`INSERT INTO schema_migrations (name, checksum) VALUES ('9999_future', 'x')`);
    await client.end();
    expect(await opspilot.stop('SIGINT')).toBe(0);

    const version = path.join(opspilot.home, 'postgres/cluster/PG_VERSION');
    const made = await readFile(version, 'utf8');
    await writeFile(version, '12\n');
    await expect(opspilot.restart()).rejects.toThrow(
      /was made by PostgreSQL 12, and this version of OpsPilot/,
    );
    await writeFile(version, made);
    await expect(opspilot.restart()).rejects.toThrow(
      /cannot start: the database has the migration 9999_future/,
    );
    await opspilot.remove();
  }, 240_000);
});
