import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { laneNameOf } from '../../libs/adapters/rabbitmq/src/queue-topology';
import { describeWithEngine } from '../support/describe-with-engine';
import { FaultySystem } from '../support/faulty-system';
import { type OwnEngines, startOwnEngines } from '../support/own-engines';
import { testServerUrl } from '../support/test-database';

const START_TIMEOUT_MS = 180_000;
const TEST_TIMEOUT_MS = 240_000;
/** As Prometheus has it. */
const SCRAPE_TIMEOUT_MS = 10_000;

/** A role of PostgreSQL that owns the test's database, and whose password the test may change. */
async function makeDatabaseRole(databaseUrl: string) {
  const name = `faults_${randomUUID().replaceAll('-', '')}`;
  const onServer = async (...statements: readonly string[]) => {
    const client = new Client({ connectionString: testServerUrl() });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const url = new URL(databaseUrl);
  const database = url.pathname.slice(1);
  url.username = name;
  url.password = 'right';
  await onServer(`CREATE ROLE ${name} LOGIN PASSWORD 'right'`, `ALTER DATABASE ${database} OWNER TO ${name}`);
  return {
    url: url.href,
    setPassword: (password: string) =>
      onServer(
        `ALTER ROLE ${name} PASSWORD '${password}'`,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${name}'`,
      ),
    drop: () => onServer(`DROP ROLE ${name}`),
  };
}

/** The line of a log that says so for this reason. */
const cannotBeUsedFor = ({ source }: RegExp) => new RegExp(`(?=.*rabbitmq cannot be used)(?=.*${source})`);

describeWithEngine('rabbitmq', 'while an engine refuses', () => {
  let engines: OwnEngines;
  let system: FaultySystem;
  let database: Awaited<ReturnType<typeof makeDatabaseRole>>;
  const accepted: string[] = [];

  beforeAll(async () => {
    engines = await startOwnEngines(['rabbitmq', 'redis']);
    const own = { QUEUE_URL: engines.urlOf('rabbitmq'), CACHE_URL: engines.urlOf('redis') };
    system = await FaultySystem.create(own, async ({ DATABASE_URL = '' }) => {
      database = await makeDatabaseRole(DATABASE_URL);
      return {
        DATABASE_URL: database.url,
        RATE_LIMIT_INGEST_PER_SECOND: '100000',
        SHUTDOWN_TIMEOUT_SECONDS: '5',
      };
    });
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    try {
      await system.end();
      await database.drop();
    } finally {
      await engines.end();
    }
  }, START_TIMEOUT_MS);

  /** Accepted in the end, and then stored once, with all that was accepted before. */
  const deliver = async (message: string) => {
    await system.deliver(message);
    accepted.push(message);
    expect(await system.storedWhenAllAre(accepted.length)).toEqual([...accepted].sort());
  };
  /** However often it is met: once by the engine's adapter, by the health checks and by the requests. */
  const expectToldOnce = async (words: RegExp) => {
    for (let round = 0; round < 5; round++) {
      const message = `meanwhile ${accepted.length}`;
      // An engine that ingest does without keeps nobody waiting.
      if ((await system.send([message])).status === 202) accepted.push(message);
      await system.reasonOf('ingest', 'rabbitmq');
      await system.metric('ingest', 'opspilot_broker_connections');
    }
    expect(system.told('ingest', words).length).toBeLessThanOrEqual(3);
  };

  it(
    'says that a queue has other arguments, and starts working when that queue is gone',
    async () => {
      const words = /exists already with other arguments.*QUEUE_NAME_PREFIX/;
      const admin = await connect(engines.urlOf('rabbitmq'));
      const channel = await admin.createChannel();
      const name = laneNameOf(system.queuePrefix, 'metrics.ingest', 'fresh');
      await channel.assertQueue(name, { durable: true });
      await system.start('ingest', 'ingest-worker');
      for (const role of ['ingest', 'ingest-worker'] as const) await system.failing(role, 'rabbitmq', words);
      expect((await system.send(['refused'])).status).toBe(503);
      await system.shows('ingest', 'opspilot_broker_connections', 2, 'state="refused"');
      expect(await system.toldAtLast('ingest', /rabbitmq cannot be used/)).toEqual([
        expect.stringMatching(words),
      ]);
      await channel.deleteQueue(name);
      await admin.close();
      await system.allReady();
      await deliver('after other arguments');
    },
    TEST_TIMEOUT_MS,
  );

  it.each([
    [
      'memory',
      'low on memory',
      ['set_vm_memory_high_watermark', '0.0001'],
      ['set_vm_memory_high_watermark', '0.6'],
    ],
    ['disk', 'low on disk', ['set_disk_free_limit', '1000000GB'], ['set_disk_free_limit', '50MB']],
  ])(
    'shows the %s alarm of a broker without being sent anything, sends clients away, and goes on when it is over',
    async (_what, reason, raise, lift) => {
      const words = new RegExp(`takes no messages: ${reason}.*free memory or disk space`);
      await engines.rabbitmqctl(...raise);
      try {
        await system.failing('ingest', 'rabbitmq', words);
        await system.failing('ingest-worker', 'rabbitmq', words);
        await system.shows('ingest', 'opspilot_broker_connections', 1, 'state="blocked"');
        const refused = await system.send(['refused']);
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
        expect(await refused.json()).toMatchObject({ detail: expect.stringContaining(reason) as string });
        expect(await system.toldAtLast('ingest', cannotBeUsedFor(words))).toHaveLength(1);
        await expectToldOnce(new RegExp(reason));
      } finally {
        await engines.rabbitmqctl(...lift);
      }
      await system.healthy('ingest', 'rabbitmq');
      await deliver(`after ${reason}`);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'says that the broker refuses the password, and goes on when it is the right one again',
    async () => {
      const words = /refuses the user name or the password.*QUEUE_URL/;
      const { username, password } = new URL(engines.urlOf('rabbitmq'));
      await engines.rabbitmqctl('change_password', username, 'expired');
      await engines.rabbitmqctl('close_all_user_connections', username, 'expired');
      await system.failing('ingest', 'rabbitmq', words);
      expect((await system.send(['refused'])).status).toBe(503);
      await system.shows('ingest', 'opspilot_broker_connections', 2, 'state="down"');
      expect(await system.toldAtLast('ingest', cannotBeUsedFor(words))).toHaveLength(1);
      await expectToldOnce(/user name or the password/);
      await engines.rabbitmqctl('change_password', username, password);
      await system.allReady();
      await deliver('after the password of the broker');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'says that the database refuses the password, and goes on when it is the right one again',
    async () => {
      const words = /refuses the user name or the password.*DATABASE_URL/;
      await database.setPassword('expired');
      await system.failing('ingest', 'postgres', words);
      expect((await system.ask('ingest', '/ready')).status).toBe(503);
      const metrics = await system.ask('ingest', '/metrics', { headers: { accept: 'application/json' } });
      expect(await metrics.json()).toMatchObject({ connected: { postgres: false, rabbitmq: true } });
      await expectToldOnce(words);
      await database.setPassword('right');
      await system.allReady();
      await deliver('after the password of the database');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'takes records all the same while Redis refuses the password, and says so',
    async () => {
      const words = /refuses the password in CACHE_URL.*limits are not enforced/;
      const redis = new Redis(engines.urlOf('redis'));
      const { password } = new URL(engines.urlOf('redis'));
      try {
        await redis.config('SET', 'requirepass', 'expired');
        await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await system.failing('ingest', 'redis', words);
        // Of a role, too, that asks nothing of Redis.
        for (const role of ['ingest', 'ingest-worker'] as const)
          await system.shows(role, 'opspilot_redis_connections', 1, 'state="refused"');
        expect((await system.ask('ingest', '/ready')).status).toBe(200);
        await deliver('without limits');
        expect(await system.metric('ingest', 'opspilot_redis_unanswered_total')).toBeGreaterThan(0);
        await redis.config('SET', 'requirepass', password);
      } finally {
        redis.disconnect();
      }
      await system.healthy('ingest', 'redis');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'sends clients away in time while the broker stands still, shows the other figures, and goes on when it does',
    async () => {
      engines.freeze('rabbitmq');
      try {
        await system.failing('ingest', 'rabbitmq', /did not answer within 2000 ms/);
        const refused = await system.send(['refused']);
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
        // The first one waits for what is being asked, the next for a connection to ask over.
        for (let scrape = 0; scrape < 2; scrape++) {
          const patience = { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) };
          const text = await (await system.ask('ingest-worker', '/metrics', patience)).text();
          expect(text).toContain('process_resident_memory_bytes');
          expect(text).not.toContain('opspilot_queue_messages{');
        }
      } finally {
        engines.thaw('rabbitmq');
      }
      await system.allReady();
      await deliver('after a broker that stood still');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'ends in order while the broker stands still',
    async () => {
      engines.freeze('rabbitmq');
      try {
        await system.failing('ingest-worker', 'rabbitmq', /did not answer within 2000 ms/);
        expect(await system.stop('ingest-worker')).toBe(0);
      } finally {
        engines.thaw('rabbitmq');
      }
      await system.start('ingest-worker');
      await system.allReady();
      await deliver('after a worker that ended meanwhile');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'ends in order while a broker blocks it',
    async () => {
      await engines.rabbitmqctl('set_vm_memory_high_watermark', '0.0001');
      await system.failing('ingest', 'rabbitmq', /low on memory/);
      expect(await system.stop('ingest')).toBe(0);
      await engines.rabbitmqctl('set_vm_memory_high_watermark', '0.6');
    },
    TEST_TIMEOUT_MS,
  );
});
