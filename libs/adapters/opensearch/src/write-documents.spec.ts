import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenSearchConnection } from './opensearch-connection';
import type { BulkBody } from './bulk-body';
import { BulkDocuments } from './bulk-documents';
import { writeDocuments } from './write-documents';

/** A body of these documents, of which the line in the batch is ten times their number. */
function bodyOf(lines: readonly string[]): BulkBody {
  const documents = new BulkDocuments(lines.length);
  let end = 0;
  for (const [id, line] of lines.entries()) documents.add((end += line.length), 10 * id);
  const bytes = Buffer.from(lines.join(''));
  return { bytes, documents, rejected: [], indexNames: [], release: () => undefined };
}

/** What lies between OpsPilot and its engine (networks, gates, load balancers) answers like this. */
describe('writeDocuments', () => {
  const json = { 'content-type': 'application/json' };
  let answer: readonly [type: Readonly<Record<string, string>>, body: string];
  let server: http.Server;
  let connection: OpenSearchConnection;

  beforeAll(async () => {
    server = http.createServer((_, response) => void response.writeHead(200, answer[0]).end(answer[1]));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    connection = new OpenSearchConnection({ url, timeoutMs: 5000, connections: 1 });
  });
  afterAll(async () => {
    await connection.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const write = (...answered: typeof answer) => {
    answer = answered;
    return writeDocuments(connection, bodyOf(['{"create":{}}\n{}\n']));
  };

  it('counts what OpenSearch says it has written', async () => {
    expect(await write(json, '{"errors":false}')).toEqual({ written: 1, rejected: [] });
  });

  it.each([
    ['an empty page', {}, ''],
    ['a page of somebody else', { 'content-type': 'text/plain' }, 'OK'],
    ['another JSON', json, '{}'],
    ['errors, and not which', json, '{"errors":true}'],
  ])('takes nothing for written on %s', async (_case, type, body) => {
    await expect(write(type, body)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('takes nothing for written that is there and does not get to disk', async () => {
    const conflict = { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'exists' } };
    const unsynced = { status: 403, error: { type: 'cluster_block_exception', reason: 'blocked' } };
    const items = [{ create: conflict }, { delete: unsynced }];
    await expect(write(json, JSON.stringify({ errors: true, items }))).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });
});

/** What OpenSearch answers for each document of a request, in its order. */
type Verdict = 'written' | 'there' | 'busy' | 'away' | 'wrong' | 'blocked' | 'unfit';

const ITEMS: Readonly<Record<Verdict, { readonly status: number; readonly error?: object }>> = {
  written: { status: 201 },
  there: { status: 409, error: { type: 'version_conflict_engine_exception' } },
  busy: { status: 429, error: { type: 'opensearch_rejected_execution_exception' } },
  away: { status: 503, error: { type: 'unavailable_shards_exception' } },
  wrong: { status: 400, error: { type: 'mapper_parsing_exception', reason: 'failed to parse' } },
  blocked: {
    status: 403,
    error: { type: 'cluster_block_exception', reason: 'index [logs] blocked by: [x]' },
  },
  unfit: { status: 400, error: { type: 'validation_exception', reason: 'no room for an index' } },
};

describe('writeDocuments, of which OpenSearch takes some', () => {
  let verdictOf: (document: number, request: number) => Verdict;
  /** The documents of each request. */
  let requests: number[][];
  let requestBytes: number[];
  let requestedAt: number[];
  let server: http.Server;
  let connection: OpenSearchConnection;

  beforeAll(async () => {
    server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const documents = [...text.matchAll(/{"create":{"_id":"(\d+)"/g)].map(([, id]) => Number(id));
        const synced = [...text.matchAll(/{"delete":/g)].map(() => ({ delete: { status: 404 } }));
        const isFirst = request.url?.includes('errors') === true;
        const items = documents.map((one) => ({ create: ITEMS[verdictOf(one, requests.length)] }));
        requests.push(documents);
        requestBytes.push(text.length);
        requestedAt.push(performance.now());
        const failed = items.filter(({ create }) => create.error !== undefined);
        const answer = isFirst
          ? { errors: failed.length > 0, items: failed }
          : { items: [...items, ...synced] };
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    connection = new OpenSearchConnection({ url, timeoutMs: 20_000, connections: 1 });
  });
  beforeEach(() => {
    [requests, requestBytes, requestedAt] = [[], [], []];
    Object.assign(connection.refused, { overloaded: 0, unreachable: 0, blocked: 0, record: 0 });
  });
  afterAll(async () => {
    await connection.close();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Documents numbered from 0. */
  const write = (count: number, padding = '') => {
    const documents = Array.from(
      { length: count },
      (_, id) => `{"create":{"_id":"${id}"}}\n{"p":"${padding}"}\n`,
    );
    return writeDocuments(connection, bodyOf(documents));
  };

  it('sends again only what is still missing, and counts what was written at each time', async () => {
    const verdicts: readonly (readonly Verdict[])[] = [
      ['written', 'busy', 'wrong', 'busy', 'there'],
      ['there', 'written', 'wrong', 'away', 'there'],
      ['there', 'there', 'wrong', 'written', 'there'],
    ];
    verdictOf = (document, request) => verdicts[request]?.[document] ?? 'wrong';
    // Of the first, OpenSearch says how many were written, and not which: all are sent once more.
    expect(await write(5)).toEqual({
      written: 3 - 1 + 1,
      rejected: [{ index: 20, reason: 'failed to parse' }],
    });
    expect(requests).toEqual([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [3]]);
    expect(connection.refused).toEqual({ overloaded: 0, unreachable: 1, blocked: 0, record: 1 });
  });

  it('gives up after five tries where OpenSearch stays busy, and says so', async () => {
    verdictOf = () => 'busy';
    await expect(write(2)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/more to do than it can hold/),
    });
    expect(requests).toEqual(Array(6).fill([0, 1]));
    // The first of them only finds out which.
    const pauses = requestedAt.slice(2).map((at, place) => at - (requestedAt[place + 1] ?? 0));
    for (const [place, leastMs] of [50, 100, 200, 400].entries())
      expect(pauses[place]).toBeGreaterThanOrEqual(leastMs - 2);
    expect(connection.refused.overloaded).toBe(10);
  });

  it.each<[string, Verdict]>([
    ['somebody has blocked', 'blocked'],
    ['needs a setting to be changed', 'unfit'],
  ])('does not try again what %s, and holds it against no record', async (_what, verdict) => {
    verdictOf = () => verdict;
    await expect(write(2)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(requests).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(connection.refused).toEqual({ overloaded: 0, unreachable: 0, blocked: 2, record: 0 });
  });

  it('writes more than 16 MiB in several requests, and names refused ones by their lines in the batch', async () => {
    verdictOf = (document) => (document % 3 === 2 ? 'wrong' : 'written');
    const outcome = await write(7, 'x'.repeat(5 * 1024 * 1024));
    // Each portion is sent again for the one in it that is wrong.
    expect(requests).toEqual([[0, 1, 2], [0, 1, 2], [3, 4, 5], [3, 4, 5], [6]]);
    expect(Math.max(...requestBytes)).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(outcome.rejected.map(({ index }) => index)).toEqual([20, 50]);
  });

  it('sends a document by itself that is larger than a request may be', async () => {
    verdictOf = () => 'written';
    expect(await write(2, 'x'.repeat(17 * 1024 * 1024))).toEqual({ written: 2, rejected: [] });
    expect(requests).toEqual([[0], [1]]);
  });
});

describe('writeDocuments, of what is there already in a shard with copies', () => {
  const json = { 'content-type': 'application/json' };
  const conflict = { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'exists' } };
  /** What OpenSearch tells, one look after the other: the last operation, and up to which one every copy has all. */
  let looks: (readonly [last: number, everywhere: number])[];
  let primaryTerms: number[];
  let copies: number;
  let server: http.Server;
  let connection: OpenSearchConnection;

  const shardOf = ([last, everywhere]: readonly [number, number]) => {
    const seq_no = { max_seq_no: last, local_checkpoint: last, global_checkpoint: everywhere };
    const primary = { routing: { primary: true }, seq_no };
    const replica = { routing: { primary: false }, seq_no: { ...seq_no, global_checkpoint: last } };
    return { _shards: { failed: 0 }, indices: { logs: { shards: { 0: [primary, replica] } } } };
  };

  beforeAll(async () => {
    server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const answer = (body: object) => void response.writeHead(200, json).end(JSON.stringify(body));
        if (request.url?.includes('/_stats') === true) return answer(shardOf(looks.shift() ?? [0, 0]));
        const creates = [...text.matchAll(/{"create":/g)].map(() => ({ create: conflict }));
        if (!text.includes('{"delete":')) return answer({ errors: true, items: creates });
        const synced = { _index: 'logs', status: 404, _shards: { total: copies } };
        answer({ items: [...creates, { delete: { ...synced, _primary_term: primaryTerms.shift() } }] });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    connection = new OpenSearchConnection({ url, timeoutMs: 20_000, connections: 1 });
  });
  afterAll(async () => {
    await connection.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const write = () => writeDocuments(connection, bodyOf(['{"create":{"_index":"logs","_id":"one"}}\n{}\n']));

  it('takes it for stored when every copy has what the primary had at the first look', async () => {
    [copies, primaryTerms] = [2, [3, 3]];
    looks = [
      [7, 5],
      [9, 6],
      [12, 7],
      [12, 12],
    ];
    expect(await write()).toEqual({ written: 0, rejected: [] });
    expect(looks).toEqual([[12, 12]]);
  });

  it('takes it for nothing where another copy has become the primary meanwhile, which may not have it', async () => {
    [copies, primaryTerms, looks] = [2, [3, 4], [[7, 7]]];
    await expect(write()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/every copy/),
    });
  });

  it('asks for no copies where there are to be none', async () => {
    [copies, primaryTerms, looks] = [1, [3], [[7, 5]]];
    expect(await write()).toEqual({ written: 0, rejected: [] });
    expect(looks).toEqual([[7, 5]]);
  });
});
