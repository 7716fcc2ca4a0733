import { getEventListeners } from 'node:events';
import net from 'node:net';
import { createTestDatabase } from '../../../../test/support/test-database';
import { waitFor } from '../../../../test/support/wait-for';
import { createPool } from './pool';
import { PostgresListener } from './postgres-listener';

/** A server's address whose connections can go silent, as they do when a machine is gone: nobody says that they have ended. */
async function startWire(url: string) {
  const { hostname, port } = new URL(url);
  const pairs: (readonly [net.Socket, net.Socket])[] = [];
  const server = net.createServer((client) => {
    const database = net.connect(Number(port), hostname);
    for (const socket of [client, database]) socket.on('error', () => undefined);
    client.on('close', () => database.destroy());
    client.pipe(database).pipe(client);
    pairs.push([client, database]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wire = new URL(url);
  wire.host = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  return {
    url: wire.href,
    goSilent: () => {
      for (const [client, database] of pairs) {
        client.unpipe(database);
        database.unpipe(client);
        client.resume();
        database.resume();
      }
    },
    close: () => {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('PostgresListener', () => {
  it('keeps nothing of connections that failed, however long the engine is away', async () => {
    const url = 'postgres://nobody:nothing@127.0.0.1:1/none';
    const pool = createPool({ url, size: 1, statementTimeoutMs: 100, applicationName: 'test' });
    let failures = 0;
    const listener = new PostgresListener(pool, {
      applicationName: 'test',
      log: { warn: () => failures++ },
      onNotification: () => undefined,
    });
    // Private: nothing else shows what waits for the end of the process.
    const { signal } = Reflect.get(listener, 'closing') as AbortController;
    try {
      await listener.listen('news');
      await waitFor('three failures', () => (failures >= 3 ? true : undefined));
      // The pause before the next attempt.
      expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
    } finally {
      await listener.close();
      await pool.end();
    }
  });

  it('hears channels that were asked for at the same time', async () => {
    const database = await createTestDatabase();
    const pool = createPool({
      url: database.url,
      size: 1,
      statementTimeoutMs: 10_000,
      applicationName: 'test',
    });
    const channels = ['one', 'two', 'three'];
    const heard = new Set<string>();
    const listener = new PostgresListener(pool, {
      applicationName: 'test',
      log: { warn: () => undefined },
      onNotification: (channel) => heard.add(channel),
    });
    try {
      await listener.listen('first');
      await waitFor('a connection', async () => {
        await pool.query(`SELECT pg_notify('first', '')`);
        return heard.has('first') ? true : undefined;
      });
      await Promise.all(channels.map((channel) => listener.listen(channel)));
      for (const channel of channels) await pool.query('SELECT pg_notify($1, $2)', [channel, '']);
      await waitFor('all channels', () => (channels.every((one) => heard.has(one)) ? true : undefined));
      expect([...heard].sort()).toEqual(['first', ...channels].sort());
    } finally {
      await listener.close();
      await pool.end();
      await database.drop();
    }
  });

  it('listens again after its connection has gone silent', async () => {
    const database = await createTestDatabase();
    const wire = await startWire(database.url);
    const settings = { size: 1, statementTimeoutMs: 100, applicationName: 'test' };
    const pool = createPool({ ...settings, url: wire.url });
    const direct = createPool({ ...settings, url: database.url, statementTimeoutMs: 10_000 });
    const heard: string[] = [];
    const listener = new PostgresListener(pool, {
      applicationName: 'test',
      log: { warn: () => undefined },
      onNotification: (_channel, payload) => heard.push(payload),
      probeMs: 500,
    });
    const hears = (payload: string) =>
      waitFor(`the notification ${payload}`, async () => {
        await direct.query('SELECT pg_notify($1, $2)', ['news', payload]);
        return heard.includes(payload) ? true : undefined;
      });
    try {
      await listener.listen('news');
      await hears('one');
      wire.goSilent();
      await hears('two');
      expect([...new Set(heard)]).toEqual(['one', 'two']);
    } finally {
      // The connection that has gone silent ends with the wire.
      await wire.close();
      await listener.close();
      await pool.end();
      await direct.end();
      await database.drop('WITH (FORCE)');
    }
  });
});
