import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { newScope } from '../../../../test/support/new-scope';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { openSearchForEach, SILENT } from '../../../../test/support/opensearch-specs';
import { waitFor } from '../../../../test/support/wait-for';
import {
  ALL,
  numberedRecords,
  recordOf,
  totalOf,
} from '../../../conformance/src/given-log-records.conformance';
import { encodeLogBatch } from '../../../contracts/src/log-batch.message';
import { planDeadLetters } from '../../../core/src/ingest/plan-dead-letters';
import type { Logger } from '../../../observability/src/app-logger';
import { logIndexTemplate } from './log-index-template';
import { OpenSearchConnection } from './opensearch-connection';
import { OpenSearchLogStore } from './opensearch-log-store';

const DAY_INDEX = 'day-2026.03.10';

/** How far each copy of a shard is, and how much of it is on disk everywhere. */
interface ShardStats {
  readonly indices: Readonly<
    Record<string, { readonly shards: Readonly<Record<string, readonly ShardCopy[]>> }>
  >;
}
interface ShardCopy {
  readonly seq_no: { readonly max_seq_no: number; readonly global_checkpoint: number };
}

/** Keeps what is logged. */
function listeningLog(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const add = (level: string) => (fields: object | string, message?: string) =>
    void lines.push(`${level} ${message ?? String(fields)}`);
  const log: Logger = {
    trace: add('trace'),
    debug: add('debug'),
    info: add('info'),
    warn: add('warn'),
    error: add('error'),
    fatal: add('fatal'),
    child: () => log,
  };
  return { log, lines };
}

describeWithEngine('opensearch', 'OpenSearchLogStore in trouble', (url) => {
  const { log, lines } = listeningLog();
  const subject = openSearchForEach(url, log);
  const mine = newScope();
  beforeEach(() => void lines.splice(0));

  const index = () => `/${subject.prefix}-${DAY_INDEX}`;
  const put = (path: string, body: object) => subject.connection.send({ method: 'PUT', path, body });
  const batchOf = (count: number) => numberedRecords(mine, count);
  const total = () => totalOf(subject.store, mine);

  it('stores 999 records of 1,000 and names the one that OpenSearch refuses', async () => {
    const records = Array.from({ length: 1000 }, (_, at) =>
      recordOf(mine, { index: at, ...(at === 700 && { traceId: 'x'.repeat(40_000) }) }),
    );
    const outcome = await subject.store.write(mine, encodeLogBatch(records));
    expect(outcome).toMatchObject({ written: 999, duplicates: 0, rejected: [{ index: 700 }] });
    expect(outcome.rejected[0]?.reason).toMatch(/immense term/);
    expect(await subject.store.write(mine, encodeLogBatch(records))).toMatchObject({
      written: 0,
      duplicates: 999,
      rejected: [{ index: 700 }],
    });
    expect(await total()).toBe(999);
  });

  it('stores a record that is larger than a request should be, beside others', async () => {
    // As large as ingest takes one by default: each of these characters is six in JSON.
    const context = Object.fromEntries(
      Array.from({ length: 128 }, (_, at) => [`field-${at}`, '\u0001'.repeat(32_768)]),
    );
    const records = [{}, { index: 1, context }, { index: 2 }].map((each) => recordOf(mine, each));
    const batch = encodeLogBatch(records);
    expect(batch.ndjson.length).toBeGreaterThan(16 * 1024 * 1024);
    expect(await subject.store.write(mine, batch)).toEqual({ written: 3, duplicates: 0, rejected: [] });
    expect(await subject.store.write(mine, encodeLogBatch(records.slice(1, 2)))).toMatchObject({
      duplicates: 1,
    });
    expect(await total()).toBe(3);
  });

  it('refuses records for the same cause in words that let them be set aside together', async () => {
    await subject.store.ensurePartitions(0);
    await put(index(), { mappings: { properties: { trace_id: { type: 'integer' } } } });
    const records = ['one', 'two words', "it isn't", '"', randomUUID()].map((traceId, at) =>
      recordOf(mine, { index: at, traceId }),
    );
    const { rejected } = await subject.store.write(mine, encodeLogBatch(records));
    expect(rejected).toHaveLength(records.length);
    expect(planDeadLetters(rejected)).toEqual([
      { reason: 'failed to parse field [trace_id] of type [integer]', indices: [0, 1, 2, 3, 4] },
    ]);
  });

  it('says that the disk is full, refuses no record for it, and goes on when there is room', async () => {
    await subject.store.write(mine, batchOf(1));
    // OpenSearch looks for room every now and then, and finds some: the block may be gone before it is met.
    await waitFor('a write that meets the block', async () => {
      await put(`${index()}/_settings`, { 'index.blocks.read_only_allow_delete': true });
      const [checked, written] = await Promise.allSettled([
        subject.store.check(),
        subject.store.write(mine, batchOf(3)),
      ]);
      if (checked.status === 'fulfilled' || written.status === 'fulfilled') return undefined;
      for (const { reason } of [checked, written])
        expect(reason).toMatchObject({
          kind: 'unavailable',
          message: expect.stringMatching(/disk is nearly full.*free disk space/),
        });
      return true;
    });
    expect(subject.connection.refused.blocked).toBeGreaterThan(0);
    await put(`${index()}/_settings`, { 'index.blocks.read_only_allow_delete': null });
    await subject.store.check();
    const { written, duplicates } = await subject.store.write(mine, batchOf(3));
    expect([written + duplicates, await total()]).toEqual([3, 3]);
  });

  it('takes no record for stored that an earlier write has left in memory: it gets it to disk first', async () => {
    const durability = (value: string) => put(`${index()}/_settings`, { 'index.translog.durability': value });
    const unsynced = async () => {
      const path = `${index()}/_stats`;
      const { body } = await subject.connection.send({ method: 'GET', path, query: { level: 'shards' } });
      const { shards } = (body as unknown as ShardStats).indices[index().slice(1)] ?? { shards: {} };
      const copies = Object.values(shards).flat();
      return copies.map(({ seq_no }) => seq_no.max_seq_no - seq_no.global_checkpoint);
    };
    await subject.store.ensurePartitions(0);
    await put(index(), { settings: { 'index.translog.sync_interval': '1h' } });
    await durability('async');
    await subject.store.write(mine, batchOf(3));
    await durability('request');
    expect(await unsynced()).toEqual([3]);
    expect(await subject.store.write(mine, batchOf(3))).toMatchObject({ written: 0, duplicates: 3 });
    expect(await unsynced()).toEqual([0]);
    expect(await total()).toBe(3);
  });

  it('takes no record for stored before every copy has it on its disk, where a shard has copies', async () => {
    const durability = { 'index.translog.durability': 'async', 'index.translog.sync_interval': '1h' };
    await subject.store.ensurePartitions(0);
    // The copy has no node, so that the one there is has to do: whether it is as far is asked all the same.
    const copies = { 'index.auto_expand_replicas': false, 'index.number_of_replicas': 1 };
    await put(index(), { settings: { ...durability, ...copies } });
    await subject.store.write(mine, batchOf(3));
    const asked = jest.spyOn(subject.connection, 'send');
    const looks = () => asked.mock.calls.filter(([{ path }]) => path.includes('/_stats')).length;
    let isOver = false;
    const again = subject.store.write(mine, batchOf(3)).finally(() => (isOver = true));
    await waitFor('two looks at the copies', () => (looks() >= 2 || isOver ? true : undefined));
    expect(isOver).toBe(false);
    asked.mockRestore();
    await put(`${index()}/_settings`, { 'index.translog.durability': 'request' });
    await subject.store.write(mine, encodeLogBatch([recordOf(mine, { message: 'gets all of it to disk' })]));
    expect(await again).toMatchObject({ written: 0, duplicates: 3 });
    expect(await total()).toBe(4);
  });

  it('says that somebody blocked an index', async () => {
    await subject.store.write(mine, batchOf(1));
    await put(`${index()}/_settings`, { 'index.blocks.write': true });
    const expected = { kind: 'unavailable', message: expect.stringMatching(/index\.blocks/) };
    await expect(subject.store.write(mine, batchOf(2))).rejects.toMatchObject(expected);
    await expect(subject.store.check()).rejects.toMatchObject(expected);
    expect(await total()).toBe(1);
  });

  it('puts a template right that was changed by hand, and says so once', async () => {
    await subject.store.ensurePartitions(0);
    const path = `/_index_template/${subject.prefix}`;
    const read = async () => JSON.stringify((await subject.connection.send({ method: 'GET', path })).body);
    const right = await read();
    await put(path, {
      index_patterns: [`${subject.prefix}-day-*`, `${subject.prefix}-year-*`],
      priority: 200,
      version: logIndexTemplate([]).version,
      template: { mappings: { properties: { words: { type: 'keyword' } } } },
    });
    await subject.store.write(mine, batchOf(2));
    await subject.store.ensurePartitions(0);
    expect(await read()).toBe(right);
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      expect.stringMatching(/changed by hand and has been put right/),
    ]);
  });

  it('makes no index that it could not search, where another template has priority', async () => {
    const path = `/_index_template/${subject.prefix}-theirs`;
    await subject.store.check();
    await put(path, { index_patterns: [`${subject.prefix}-day-*`], priority: 900, template: {} });
    try {
      await expect(subject.store.check()).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringMatching(/another index template.*for new indices: remove it/),
      });
      await expect(subject.store.write(mine, batchOf(2))).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringMatching(/another index template.*remove it/),
      });
    } finally {
      await subject.connection.send({ method: 'DELETE', path });
    }
    expect(await subject.store.write(mine, batchOf(2))).toMatchObject({ written: 2 });
    await subject.store.check();
  });

  it('says so where OpenSearch refuses what another template wants, and holds it against no record', async () => {
    const path = `/_index_template/${subject.prefix}-theirs`;
    const { template } = logIndexTemplate([]);
    const settings = { index: { number_of_replicas: 1, write: { wait_for_active_shards: '2' } } };
    const index_patterns = [`${subject.prefix}-day-*`];
    await put(path, { index_patterns, priority: 1_000_002, template: { ...template, settings } });
    try {
      const expected = {
        kind: 'unavailable',
        message: expect.stringMatching(/another index template.*: correct it \(.*wait_for_active_shards/),
      };
      await expect(subject.store.write(mine, batchOf(2))).rejects.toMatchObject(expected);
      await expect(subject.store.check()).rejects.toMatchObject(expected);
    } finally {
      await subject.connection.send({ method: 'DELETE', path });
    }
  });

  it('says how to stay with this version, where a newer one has put its index template in place', async () => {
    await subject.store.check();
    const path = `/_index_template/${subject.prefix}`;
    const ours = logIndexTemplate([`${subject.prefix}-day-*`]);
    await put(path, { ...ours, version: ours.version + 1, template: { mappings: { dynamic: false } } });
    const told = {
      kind: 'unavailable',
      message: expect.stringMatching(`newer version of OpsPilot.*\\(DELETE ${path}\\)`),
    };
    await expect(subject.store.check()).rejects.toMatchObject(told);
    await expect(subject.store.write(mine, batchOf(2))).rejects.toMatchObject(told);
    await subject.connection.send({ method: 'DELETE', path });
    expect(await subject.store.write(mine, batchOf(2))).toMatchObject({ written: 2 });
    await subject.store.check();
  });

  it('stores into an index that is there after a restart, where another template has priority, and makes no other', async () => {
    await subject.store.write(mine, batchOf(1));
    const path = `/_index_template/${subject.prefix}-theirs`;
    await put(path, { index_patterns: [`${subject.prefix}-day-*`], priority: 1_000_000, template: {} });
    try {
      const restarted = new OpenSearchLogStore(subject.connection, {
        indexPrefix: subject.prefix,
        log: SILENT,
      });
      const send = jest.spyOn(subject.connection, 'send');
      expect(await restarted.write(mine, batchOf(3))).toMatchObject({ written: 2, duplicates: 1 });
      // A look at the index, and the write, of which one record was there already: once more, until it is on disk for sure.
      expect(send.mock.calls.map(([request]) => request.path)).toEqual([
        `${index()}/_mapping`,
        '/_bulk',
        '/_bulk',
      ]);
      const ofAnotherDay = encodeLogBatch([recordOf(mine, { at: '2026-03-11T12:00:00.000Z' })]);
      await expect(restarted.write(mine, ofAnotherDay)).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringMatching(/another index template.*day-2026\.03\.11: remove it/),
      });
    } finally {
      jest.restoreAllMocks();
      await subject.connection.send({ method: 'DELETE', path });
    }
  });

  it('stores into an index that is there while the cluster manager hangs', async () => {
    await subject.store.write(mine, batchOf(1));
    // A node hands on to it what may not be answered by the node itself, and waits.
    const gate = await startGate(
      url,
      ({ method, url: path = '' }) => method === 'GET' && !path.includes('local=true'),
    );
    const connection = new OpenSearchConnection({
      url: `http://127.0.0.1:${gate.port}`,
      timeoutMs: 2000,
      connections: 2,
    });
    const restarted = new OpenSearchLogStore(connection, { indexPrefix: subject.prefix, log: SILENT });
    try {
      expect(await restarted.write(mine, batchOf(3))).toMatchObject({ written: 2, duplicates: 1 });
    } finally {
      await connection.close();
      await gate.close();
    }
  });

  it('says that the password is wrong, without saying what it is, and goes on with the right one', async () => {
    // As its security plugin does.
    const known = `Basic ${Buffer.from('opspilot:right-secret').toString('base64')}`;
    const gate = await startGate(url, ({ headers }, response) => {
      if (headers.authorization === known) return false;
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end('Unauthorized');
      return true;
    });
    const stores = ['wrong-secret', 'right-secret'].map((password) => {
      const connection = new OpenSearchConnection({
        url: `http://opspilot:${password}@127.0.0.1:${gate.port}`,
        timeoutMs: 5000,
        connections: 2,
      });
      return {
        connection,
        store: new OpenSearchLogStore(connection, { indexPrefix: subject.prefix, log: SILENT }),
      };
    });
    try {
      const [wrong, right] = stores;
      const refused = await wrong?.store.write(mine, batchOf(1)).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        kind: 'unavailable',
        message: expect.stringMatching(/user and password in LOG_STORE_URL/),
      });
      expect(textOf(refused)).not.toMatch(/secret/);
      expect(await right?.store.write(mine, batchOf(1))).toMatchObject({ written: 1 });
    } finally {
      for (const { connection } of stores) await connection.close();
      await gate.close();
    }
  });

  it('says that OpenSearch does not answer, where nothing listens', async () => {
    const gate = await startGate(url, () => false);
    await gate.close();
    const connection = new OpenSearchConnection({
      url: `http://user:secret@127.0.0.1:${gate.port}`,
      timeoutMs: 5000,
      connections: 2,
    });
    const store = new OpenSearchLogStore(connection, {
      indexPrefix: subject.prefix,
      log: SILENT,
    });
    const error = await store
      .search(mine, { range: ALL, limit: 1, order: 'asc' })
      .catch((one: unknown) => one);
    expect(error).toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/does not answer: start it/),
    });
    expect(textOf(error)).not.toMatch(/secret/);
    await expect(connection.check()).rejects.toMatchObject({ kind: 'unavailable' });
    await connection.close();
  });

  describe('where shards are missing', () => {
    const unassigned = { 'index.routing.allocation.require._name': 'no-such-node' };
    const makeUnassigned = (day: string) =>
      subject.connection.send({
        method: 'PUT',
        path: `/${subject.prefix}-${day}`,
        query: { wait_for_active_shards: 0 },
        body: { settings: unassigned },
      });
    const search = () => subject.store.search(mine, { range: ALL, limit: 10, order: 'asc' });
    const countBy = () =>
      subject.store
        .countMany(mine, [{ key: 'all', filter: { range: ALL }, groupByService: false }])
        .catch((error: unknown) => error);

    it('waits for a new index, with every kind of question', async () => {
      const { id } = recordOf(mine, {});
      await subject.store.ensurePartitions(0);
      await makeUnassigned(DAY_INDEX);
      const answers = Promise.all([search(), subject.store.find(mine, id), countBy()]);
      await put(`${index()}/_settings`, { 'index.routing.allocation.require._name': null });
      expect(await answers).toMatchObject([{ items: [], total: 0 }, undefined, expect.any(Array)]);
    });

    it('answers nothing rather than a part, and says what is wrong', async () => {
      await subject.store.write(mine, batchOf(3));
      await makeUnassigned('day-2026.03.11');
      const expected = { kind: 'unavailable', message: expect.stringMatching(/cannot reach all shards/) };
      await expect(search()).rejects.toMatchObject(expected);
      expect(await countBy()).toMatchObject(expected);
    });

    it('says so where no node is given a new index, and stores what waits as soon as one is', async () => {
      const path = `/_index_template/${subject.prefix}-theirs`;
      const { template } = logIndexTemplate([]);
      await put(path, {
        index_patterns: [`${subject.prefix}-day-*`],
        priority: 1_000_001,
        template: { ...template, settings: unassigned },
      });
      try {
        await expect(subject.store.write(mine, batchOf(3))).rejects.toMatchObject({
          kind: 'unavailable',
          message: expect.stringMatching(
            /cannot reach all shards.*cluster\.routing\.allocation\.enable.*reroute\?retry_failed/,
          ),
        });
      } finally {
        await subject.connection.send({ method: 'DELETE', path });
      }
      await put(`${index()}/_settings`, { 'index.routing.allocation.require._name': null });
      expect(await subject.store.write(mine, batchOf(3))).toMatchObject({ written: 3 });
    });

    it('is as well as its own indices are, whatever others of the cluster lack', async () => {
      const own = new OpenSearchConnection({
        url,
        timeoutMs: 5000,
        connections: 1,
        indices: [`${subject.prefix}-day-*`],
      });
      try {
        await makeUnassigned('of-others');
        await own.check();
        await makeUnassigned(DAY_INDEX);
        await expect(own.check()).rejects.toMatchObject({ message: expect.stringMatching(/is red/) });
      } finally {
        await own.close();
      }
    });

    it('answers all the time while indices are being made', async () => {
      const days = Array.from({ length: 6 }, (_, at) => `2026-03-1${at}T12:00:00.000Z`);
      let isWriting = true;
      const searching = (async () => {
        let answers = 0;
        for (; isWriting; answers++) await search();
        return answers;
      })();
      for (const at of days) await subject.store.write(mine, encodeLogBatch([recordOf(mine, { at })]));
      isWriting = false;
      expect(await searching).toBeGreaterThan(0);
      expect(await total()).toBe(days.length);
    });
  });
});

/** All that a log line would show of an error. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error);
  return [error.message, error.stack, JSON.stringify(error), textOf(error.cause ?? '')].join('\n');
}

/** Between OpsPilot and its engine: what `answers` takes on does not reach it. */
async function startGate(
  url: string,
  answers: (request: http.IncomingMessage, response: http.ServerResponse) => boolean,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = http.createServer((request, response) => {
    if (answers(request, response)) return;
    const { method, headers } = request;
    const onward = http.request(new URL(request.url ?? '/', url), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
