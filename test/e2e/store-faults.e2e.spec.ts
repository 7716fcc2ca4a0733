import { describeWithEngine } from '../support/describe-with-engine';
import { FaultySystem } from '../support/faulty-system';
import { type OwnEngines, startOwnEngines } from '../support/own-engines';
import { ROLES } from '../support/start-role';
import { waitFor } from '../support/wait-for';

const START_TIMEOUT_MS = 240_000;
const TEST_TIMEOUT_MS = 240_000;
const QUEUE_MAX_BYTES = 4 * 1024 * 1024;
/** What the worker may hold ahead, in each of two lanes up to twice what is meant, and one request. */
const HELD_BYTES = 5 * 1024 * 1024;
const MAX_ROLE_BYTES = 400 * 1024 * 1024;
const WATERMARKS = ['low', 'high', 'flood_stage'].map(
  (name) => `cluster.routing.allocation.disk.watermark.${name}`,
);

/** Of another index each, and near enough to today to have one. */
const dayBefore = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

interface DeadLetters {
  readonly dead_letters: readonly { readonly reason: string; readonly record_count: number }[];
}

interface StoredTemplates {
  readonly index_templates: readonly { readonly index_template: object }[];
}

describeWithEngine('opensearch', 'while the log store refuses', () => {
  let engines: OwnEngines;
  let system: FaultySystem;
  const accepted: string[] = [];

  beforeAll(async () => {
    // So little room that a few writers at once fill it.
    engines = await startOwnEngines(['opensearch'], {
      'thread_pool.write.size': 1,
      'thread_pool.write.queue_size': 2,
      'cluster.info.update.interval': '10s',
      'cluster.routing.allocation.disk.reroute_interval': '1s',
    });
    system = await FaultySystem.create({ LOG_STORE_URL: engines.urlOf('opensearch') }, () =>
      Promise.resolve({
        QUEUE_MAX_BYTES: String(QUEUE_MAX_BYTES),
        QUEUE_PREFETCH_BYTES: String(1024 * 1024),
        // A store that hangs is noticed after messages are handed out again: to both lanes, and again and again.
        LOG_STORE_TIMEOUT_MS: '7000',
        WORKER_LEASE_SECONDS: '5',
        QUEUE_MAX_ATTEMPTS: '3',
        WORKER_BATCH_RECORDS: '1000',
      }),
    );
    await system.start(...ROLES);
    await system.allReady();
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    try {
      await system.end();
    } finally {
      await engines.end();
    }
  }, START_TIMEOUT_MS);

  const request = async (method: string, route: string, body?: object) => {
    const response = await fetch(new URL(route, engines.urlOf('opensearch')), {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const setCluster = (names: readonly string[], value: string | boolean | null) =>
    request('PUT', '/_cluster/settings', {
      transient: Object.fromEntries(names.map((name) => [name, value])),
    });
  const indexOf = (day: string) => `${system.prefix}-day-${day.replaceAll('-', '.')}`;
  const send = async (messages: readonly string[], fields: object = {}) => {
    expect((await system.send(messages, fields)).status).toBe(202);
    accepted.push(...messages);
  };
  const allAreStored = async () =>
    expect(await system.storedWhenAllAre(accepted.length)).toEqual([...accepted].sort());
  const refused = (reason: string) =>
    system.metric('ingest-worker', 'opspilot_opensearch_refused_records_total', `reason="${reason}"`);

  it(
    'stores 999 records of 1,000, and sets the one aside that is refused, with the reason',
    async () => {
      const day = dayBefore(2);
      const at = { timestamp: `${day}T12:00:00Z` };
      // As where somebody had made the index by hand.
      await request('PUT', `/${indexOf(day)}`, {
        mappings: { properties: { correlation_id: { type: 'long' } } },
      });
      const logs = Array.from({ length: 1000 }, (_, index) => ({
        message: `of a thousand ${index}`,
        ...at,
        ...(index === 700 && { correlation_id: 'not a number' }),
      }));
      const body = JSON.stringify({ logs });
      expect((await system.ask('ingest', '/api/ingest/logs', { method: 'POST', body })).status).toBe(202);
      accepted.push(...logs.filter((_, index) => index !== 700).map(({ message }) => message));
      await allAreStored();
      const { dead_letters: letters } = await waitFor('the dead letter', async () => {
        const answer = await system.ask('api', '/api/dead-letters?queue=logs.ingest');
        const found = (await answer.json()) as DeadLetters;
        return found.dead_letters.length > 0 ? found : undefined;
      });
      expect(letters).toMatchObject([
        { record_count: 1, reason: 'failed to parse field [correlation_id] of type [long]' },
      ]);
      await system.failing(
        'ingest-worker',
        'dead letters',
        /logs\.ingest.*opspilot dead-letters list.*replay/,
      );
      expect(await system.toldAtLast('ingest-worker', /refused by the store were set aside/)).toHaveLength(1);
      expect(await refused('record')).toBe(1);
      await system.shows('ingest-worker', 'opspilot_queue_dead_letters', 1, 'logs.ingest');

      // What is stored may be written once more until it is acknowledged, and would then come back.
      await system.shows('ingest-worker', 'opspilot_queue_messages', 0, 'logs.ingest');
      await request('DELETE', `/${indexOf(day)}`);
      accepted.length = 0;
      const replay = { method: 'POST', body: JSON.stringify({ queue: 'logs.ingest' }) };
      expect((await system.ask('api', '/api/dead-letters/replay', replay)).status).toBe(200);
      accepted.push('of a thousand 700');
      await allAreStored();
      await system.healthy('ingest-worker', 'dead letters');
    },
    TEST_TIMEOUT_MS,
  );

  it('puts an index template right that somebody changed by hand, and says so once', async () => {
    const template = `/_index_template/${system.prefix}`;
    const right = (await request('GET', template)) as StoredTemplates;
    await request('PUT', template, {
      ...right.index_templates[0]?.index_template,
      template: { mappings: { properties: { words: { type: 'long' } } } },
    });
    await waitFor('the template to be right', async () => {
      await system.reasonOf('ingest-worker', 'log indices');
      return JSON.stringify(await request('GET', template)) === JSON.stringify(right) ? true : undefined;
    });
    expect(await system.toldAtLast('ingest-worker', /changed by hand and has been put right/)).toHaveLength(
      1,
    );
    await send(['after the template'], { timestamp: `${dayBefore(3)}T12:00:00Z` });
    await allAreStored();
  });

  it.each([
    [
      'closed',
      /index of OpenSearch is closed: open it/,
      async (index: string) => {
        await request('PUT', `/${index}`);
        await request('POST', `/${index}/_close`);
      },
      (index: string) => request('POST', `/${index}/_open`),
    ],
    [
      'without its shard',
      /cannot reach all shards of the log indices/,
      (index: string) =>
        request('PUT', `/${index}?wait_for_active_shards=0`, {
          settings: { 'index.routing.allocation.require._name': 'nowhere' },
        }),
      (index: string) =>
        request('PUT', `/${index}/_settings`, { 'index.routing.allocation.require._name': null }),
    ],
  ])(
    'keeps what comes for an index that is %s, and stores it when it is whole again',
    async (state, words, breakIt, mendIt) => {
      const day = dayBefore(state === 'closed' ? 4 : 5);
      const timestamp = `${day}T12:00:00Z`;
      const unreachable = (await refused('unreachable')) ?? 0;
      await breakIt(indexOf(day));
      await send([`while it is ${state}`], { timestamp });
      await system.failing('ingest-worker', 'consumer logs.ingest', words);
      if (state !== 'closed') expect(await refused('unreachable')).toBeGreaterThan(unreachable);
      await mendIt(indexOf(day));
      await allAreStored();
      await system.healthy('ingest-worker', 'consumer logs.ingest');
      // By the consumer and in its check; that an index is closed, the check of the log indices finds as well.
      expect(system.told('ingest-worker', words).length).toBeLessThanOrEqual(state === 'closed' ? 3 : 2);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'tries again what OpenSearch is too busy for, and stores it once',
    async () => {
      const lines = '{"create":{"_index":"busy"}}\n{"text":"some words to be indexed"}\n'.repeat(3000);
      let isBusy = true;
      const keepBusy = async () => {
        while (isBusy)
          await fetch(new URL('/_bulk', engines.urlOf('opensearch')), {
            method: 'POST',
            headers: { 'content-type': 'application/x-ndjson' },
            body: lines,
          }).then((answer) => answer.arrayBuffer());
      };
      const writers = Array.from({ length: 8 }, keepBusy);
      try {
        let count = 0;
        await waitFor('a record to be refused for want of room', async () => {
          await send([`busy ${count++}`]);
          return ((await refused('overloaded')) ?? 0) > 0 ? true : undefined;
        });
      } finally {
        isBusy = false;
        await Promise.all(writers);
      }
      await allAreStored();
      await request('DELETE', '/busy');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'keeps what comes while the disk of OpenSearch is full, says what to do, and stores it when there is room',
    async () => {
      const words = /disk is nearly full \(flood stage\): free disk space/;
      const today = { timestamp: new Date().toISOString() };
      await send(['before the flood'], today);
      await allAreStored();
      await setCluster(WATERMARKS, '900000gb');
      await system.failing('ingest-worker', 'log indices', words);
      await send(['during the flood'], today);
      await system.failing('ingest-worker', 'consumer logs.ingest', words);
      expect(await system.metric('ingest-worker', 'opspilot_opensearch_blocked_indices')).toBeGreaterThan(0);
      expect(await refused('blocked')).toBeGreaterThan(0);
      expect((await system.ask('ingest-worker', '/ready')).status).toBe(503);
      expect((await system.ask('ingest', '/ready')).status).toBe(200);
      await setCluster(WATERMARKS, null);
      await allAreStored();
      await system.healthy('ingest-worker', 'log indices');
      await system.shows('ingest-worker', 'opspilot_opensearch_blocked_indices', 0);
      expect(system.told('ingest-worker', words).length).toBeLessThanOrEqual(3);
    },
    TEST_TIMEOUT_MS,
  );

  it.each([
    ['indices.breaker.total.limit', 'parent'],
    ['network.breaker.inflight_requests.limit', 'in_flight_requests'],
  ])(
    'keeps what comes while OpenSearch has too little memory for it (%s), says what to do, and stores it once',
    async (limit, breaker) => {
      const words = new RegExp(`more memory than it has: lower the load.*circuit breaker ${breaker}`);
      await send([`before ${breaker}`]);
      await allAreStored();
      const overloaded = (await refused('overloaded')) ?? 0;
      await setCluster([limit], '1b');
      try {
        await send([`during ${breaker}`]);
        await system.failing('ingest-worker', 'consumer logs.ingest', words);
        expect(await refused('overloaded')).toBeGreaterThan(overloaded);
        expect((await system.ask('ingest-worker', '/ready')).status).toBe(503);
        expect((await system.ask('ingest', '/ready')).status).toBe(200);
      } finally {
        await setCluster([limit], null);
      }
      await allAreStored();
      await system.healthy('ingest-worker', 'consumer logs.ingest');
      await system.healthy('ingest-worker', 'log indices');
      expect(system.told('ingest-worker', words).length).toBeLessThanOrEqual(3);
    },
    TEST_TIMEOUT_MS,
  );

  it.each([
    ['parent', 'indices.breaker.total.limit', '/api/logs/query?limit=1'],
    ['request', 'indices.breaker.request.limit', '/api/logs/volume'],
  ])(
    'answers 503, and when to ask again, while the circuit breaker %s of OpenSearch refuses a question',
    async (breaker, limit, route) => {
      await setCluster([limit], '1b');
      const answer = await system.ask('api', route).finally(() => setCluster([limit], null));
      expect(answer.status).toBe(503);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({
        code: 'OPS_ENGINE_UNAVAILABLE',
        detail: expect.stringContaining(`circuit breaker ${breaker}`) as string,
      });
      expect((await system.ask('api', route)).status).toBe(200);
    },
  );

  it(
    'keeps what needs an index that OpenSearch may not make, and stores what needs none, also after a restart',
    async () => {
      const words = /makes no new index.*cluster\.blocks\.create_index/;
      const today = { timestamp: new Date().toISOString() };
      await send(['makes the index of the day'], today);
      await allAreStored();
      await setCluster(['cluster.blocks.create_index'], true);
      await system.stop('ingest-worker');
      await system.start('ingest-worker');
      await send(['of the same day'], today);
      await allAreStored();
      await send(['of a new day'], { timestamp: `${dayBefore(6)}T12:00:00Z` });
      await system.failing('ingest-worker', 'consumer logs.ingest', words);
      await system.failing('ingest-worker', 'log indices', words);
      await setCluster(['cluster.blocks.create_index'], null);
      await allAreStored();
      await system.healthy('ingest-worker', 'log indices');
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'accepts up to the bound of the queue while OpenSearch hangs, then sends clients away; stores all of it once when it goes on',
    async () => {
      const filling = 'x'.repeat(8000);
      let refusal: Response | undefined;
      let sentBytes = 0;
      const failuresBefore =
        (await system.metric('ingest-worker', 'opspilot_store_write_failures_total', 'logs')) ?? 0;
      engines.freeze('opensearch');
      try {
        refusal = await waitFor('the queue to be full', async () => {
          const messages = Array.from({ length: 100 }, (_, at) => `${accepted.length + at} ${filling}`);
          const answer = await system.send(messages);
          if (answer.status === 429) return answer;
          expect(answer.status).toBe(202);
          accepted.push(...messages);
          sentBytes += messages.join('').length;
          return undefined;
        });
        expect(sentBytes).toBeGreaterThan(QUEUE_MAX_BYTES / 2);
        // What the worker holds is not in the queue.
        expect(sentBytes).toBeLessThan(QUEUE_MAX_BYTES + HELD_BYTES);
        expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(refusal.headers.get('content-type')).toBe('application/problem+json');
        expect(await refusal.json()).toMatchObject({ status: 429, code: 'OPS_INGEST_QUEUE_FULL' });
        await system.failing('ingest-worker', 'consumer logs.ingest', /OpenSearch does not answer: start it/);
        await system.shows('ingest-worker', 'opspilot_opensearch_clusters', 1, 'state="down"');
        // More leases than those after which a message would be buried.
        await waitFor(
          'several writes in vain',
          async () => {
            const failures = await system.metric(
              'ingest-worker',
              'opspilot_store_write_failures_total',
              'logs',
            );
            return (failures ?? 0) >= failuresBefore + 6 ? true : undefined;
          },
          { deadlineMs: TEST_TIMEOUT_MS / 2, everyMs: 500 },
        );
        for (const role of ROLES)
          expect(await system.metric(role, 'process_resident_memory_bytes')).toBeLessThan(MAX_ROLE_BYTES);
      } finally {
        engines.thaw('opensearch');
      }
      await allAreStored();
      await system.allReady();
      const letters = await system.ask('api', '/api/dead-letters?queue=logs.ingest');
      expect(((await letters.json()) as DeadLetters).dead_letters).toEqual([]);
      await send(['after all of it']);
      await allAreStored();
    },
    TEST_TIMEOUT_MS,
  );
});
