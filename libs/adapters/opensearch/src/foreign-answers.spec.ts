import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { newScope } from '../../../../test/support/new-scope';
import { ALL, recordOf } from '../../../conformance/src/given-log-records.conformance';
import { encodeLogBatch } from '../../../contracts/src/log-batch.message';
import { asId, type Fingerprint } from '../../../core/src/common/ids';
import { createLogger } from '../../../observability/src/logger';
import { OpenSearchConnection } from './opensearch-connection';
import { OpenSearchLogStore } from './opensearch-log-store';

const NOON_MS = Date.parse('2026-03-10T12:00:00Z');
const MINUTE = { fromMs: NOON_MS, toMs: NOON_MS + 60_000 };
const LIMITS = {
  recordsPerMinute: 100,
  tracesPerMinute: 10,
  recordsPerTrace: 10,
  edgesPerMinute: 10,
};
const JSON_TYPE = { 'content-type': 'application/json' };

/** What lies between OpsPilot and its engine (gateways, load balancers, somebody else's server) answers everything like this. */
const FOREIGN: Readonly<
  Record<string, readonly [status: number, type: http.OutgoingHttpHeaders, body: string]>
> = {
  'a message of a gateway': [200, JSON_TYPE, '{"message":"no Route matched with those values"}'],
  'an error of a gateway': [200, JSON_TYPE, '{"error":"upstream is away"}'],
  'an error with a status': [200, JSON_TYPE, '{"error":{"code":503},"status":503}'],
  'an empty object': [200, JSON_TYPE, '{}'],
  'an empty list': [200, JSON_TYPE, '[]'],
  'no object': [200, JSON_TYPE, 'null'],
  'a page': [200, { 'content-type': 'text/html' }, '<h1>It works!</h1>'],
  nothing: [200, {}, ''],
  'a redirection': [302, { location: '/login' }, ''],
  'a route that is not there': [404, JSON_TYPE, '{"message":"no Route matched with those values"}'],
  'a page that is not there': [404, { 'content-type': 'text/html' }, '<h1>Not Found</h1>'],
  'a request that is not understood': [400, { 'content-type': 'text/html' }, '<h1>Bad Request</h1>'],
};

describe.each(Object.entries(FOREIGN))('OpenSearchLogStore, where all that comes is %s', (_case, answer) => {
  let server: http.Server;
  let connection: OpenSearchConnection;
  let store: OpenSearchLogStore;
  const scope = newScope();
  const record = recordOf(scope, {});
  const fingerprints = [asId<Fingerprint>('f1')];

  beforeAll(async () => {
    server = http.createServer((request, response) => {
      request.resume();
      const [status, headers, body] = answer;
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    connection = new OpenSearchConnection({ url, timeoutMs: 5000, connections: 2 });
    const log = createLogger({ level: 'silent', role: 'test' });
    store = new OpenSearchLogStore(connection, { indexPrefix: 'spec', log });
  });
  afterAll(async () => {
    await connection.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const questions: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['search', () => store.search(scope, { range: ALL, limit: 10, order: 'asc' })],
    ['search of a later page', () => store.search(scope, { range: ALL, limit: 1, offset: 1, order: 'asc' })],
    ['find', () => store.find(scope, record.id)],
    ['context', () => store.context(scope, record.id, { before: 1, after: 1 })],
    ['volume', () => store.volume(scope, { range: MINUTE }, 60)],
    ['countBy', () => store.countBy(scope, { range: ALL }, 'level', 10)],
    ['countFingerprints', () => store.countFingerprints(scope, { range: ALL }, 10)],
    ['fingerprintVolume', () => store.fingerprintVolume(scope, { range: MINUTE }, 60, fingerprints)],
    [
      'countMany',
      () => store.countMany(scope, [{ key: 'k', filter: { range: ALL }, groupByService: false }]),
    ],
    ['countEdges', () => store.countEdges(scope, MINUTE, LIMITS)],
    ['oldest', () => store.oldest(scope)],
    ['deleteBefore', () => store.deleteBefore(scope, NOON_MS)],
    ['dropDays', () => store.dropDays(() => Promise.resolve(new Map([[scope.projectId, NOON_MS]])))],
    ['write', () => store.write(scope, encodeLogBatch([record]))],
    ['ensurePartitions', () => store.ensurePartitions(NOON_MS)],
    ['check', () => store.check()],
    ['countBlocks', () => store.countBlocks()],
    ['check of the connection', () => connection.check()],
  ];
  // Where there are no indices, this is what OpenSearch says.
  const asked = questions.filter(([method]) => method !== 'dropDays' || answer[2] !== '{}');

  it.each(asked)('takes it for no answer: %s', async (_method, ask) => {
    await expect(ask()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/not OpenSearch/),
    });
  });
});
