import { getEventListeners } from 'node:events';
import { startSilentWire } from '../../../../test/support/silent-wire';
import { createTestDatabase } from '../../../../test/support/test-database';
import { waitFor } from '../../../../test/support/wait-for';
import { createPool } from './pool';
import { PostgresListener } from './postgres-listener';

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
    const wire = await startSilentWire(database.url);
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

  it('lets one of those who ask wait for a connection that has gone silent, and takes leave of it within seconds', async () => {
    const database = await createTestDatabase();
    const wire = await startSilentWire(database.url);
    const pool = createPool({ url: wire.url, size: 1, statementTimeoutMs: 100, applicationName: 'test' });
    let isConnected = false;
    const listener = new PostgresListener(pool, {
      applicationName: 'test',
      log: { warn: () => undefined },
      onNotification: () => undefined,
      onConnected: () => (isConnected = true),
    });
    const connected = () => waitFor('a connection', () => isConnected || undefined);
    try {
      await listener.listen('first');
      await connected();
      isConnected = false;
      wire.goSilent();
      const asked = await Promise.allSettled(['one', 'two', 'three'].map((name) => listener.listen(name)));
      const timeouts = asked.filter((one) => one.status === 'rejected' && /timeout/.test(String(one.reason)));
      expect(timeouts).toHaveLength(1);
      await connected();
      wire.goSilent();
      await listener.close();
    } finally {
      await wire.close();
      await pool.end();
      await database.drop('WITH (FORCE)');
    }
  });
});
