import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenSearchConnection } from './opensearch-connection';
import { BulkDocuments } from './bulk-documents';
import { writeDocuments } from './write-documents';

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
    const bytes = Buffer.from('{"create":{}}\n{}\n');
    const documents = new BulkDocuments(1);
    documents.add(bytes.length, 0);
    return writeDocuments(connection, { bytes, documents, rejected: [], room: bytes, indexNames: [] });
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
});
