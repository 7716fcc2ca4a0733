import type { lookup as lookupAny } from 'node:dns';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { waitFor } from '../../../../test/support/wait-for';
import { runHealthChecks } from '../../../http/src/run-health-checks';
import { lookupInTurn } from '../../../runtime/src/lookup-in-turn';
import { RefusedRequestError } from './engine-error';
import { OpenSearchConnection } from './opensearch-connection';

/** What lies between OpsPilot and its engine (networks, gates, load balancers) answers like this. */
describe('OpenSearchConnection', () => {
  let answer: (response: http.ServerResponse, request: http.IncomingMessage) => void;
  let server: http.Server;
  let connection: OpenSearchConnection;

  beforeEach(async () => {
    server = http.createServer((request, response) => answer(response, request));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    connection = new OpenSearchConnection({
      url: `http://user:secret@127.0.0.1:${port}`,
      timeoutMs: 20_000,
      connections: 1,
    });
  });
  afterEach(async () => {
    await connection.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = (expected: readonly number[] = []) =>
    connection.send({ method: 'GET', path: '/something', expected });
  const json = { 'content-type': 'application/json; charset=UTF-8' };
  const silent = { kind: 'unavailable', message: expect.stringMatching(/does not answer/) };

  it('leaves a node of a cluster that takes connections and says nothing for the next address of the name', async () => {
    const { port } = server.address() as AddressInfo;
    const taken: net.Socket[] = [];
    const hanging = net.createServer((socket) => void taken.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => hanging.listen(port, '127.0.0.2', resolve));
    const nodes = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }));
    const lookup = lookupInTurn(((_name: string, _options: object, found: (...answer: unknown[]) => void) =>
      found(null, nodes)) as typeof lookupAny);
    const cluster = new OpenSearchConnection({
      url: `http://cluster:${port}`,
      timeoutMs: 20_000,
      connections: 1,
      lookup,
    });
    answer = (response) => void response.writeHead(200, json).end('{}');
    const asked = { method: 'GET', path: '/something', timeoutMs: 200 } as const;
    await expect(cluster.send(asked)).rejects.toMatchObject(silent);
    expect(await cluster.send({ ...asked, timeoutMs: 20_000 })).toEqual({ status: 200, body: {} });
    for (const socket of taken) socket.destroy();
    await new Promise((resolve) => hanging.close(resolve));
    await cluster.close();
  });

  it('asks a question again where the node goes that was asked, but sends no write twice', async () => {
    let asked = 0;
    answer = (response) => {
      asked++;
      if (asked < 3) response.destroy();
      else response.writeHead(200, json).end('{"timed_out":false}');
    };
    const search = { method: 'POST', path: '/logs*/_search', body: {} } as const;
    expect(await connection.send(search)).toMatchObject({ status: 200 });
    expect(asked).toBe(3);
    asked = 0;
    await expect(connection.send({ method: 'POST', path: '/_bulk', lines: '{}\n' })).rejects.toMatchObject(
      silent,
    );
    expect(asked).toBe(1);
  });

  it('knows how OpenSearch is while its cluster manager hangs, and says when it has none', async () => {
    // A node hands on what it is not to answer by itself, and waits.
    answer = (response, { url = '' }) => {
      if (url.includes('local=true')) response.writeHead(200, json).end('{"status":"green"}');
    };
    await connection.check();
    answer = (response) =>
      void response.writeHead(200, json).end('{"status":"red","discovered_cluster_manager":false}');
    await expect(connection.check()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/has no cluster manager: .*start the nodes/),
    });
  });

  it('tells a health check in its own words that it does not answer, before the check is given up', async () => {
    answer = () => undefined;
    const check = { name: 'opensearch', check: () => connection.check() };
    expect(await runHealthChecks([check], 2000)).toMatchObject([{ reason: silent.message }]);
  });

  it('gives back JSON parsed, in however many pieces it comes', async () => {
    answer = (response) => {
      response.writeHead(200, json).write('{"word":"gr');
      setImmediate(() => response.end('ün"}'));
    };
    expect(await ask()).toEqual({ status: 200, body: { word: 'grün' } });
  });

  it('takes an answer that breaks off for none, and can be asked again', async () => {
    answer = (response) => {
      response.writeHead(200, { ...json, 'content-length': '100' }).write('{"hits":');
      setImmediate(() => response.destroy());
    };
    await expect(ask()).rejects.toMatchObject(silent);
    answer = (response) => void response.writeHead(200, json).end('{}');
    expect(await ask()).toEqual({ status: 200, body: {} });
  });

  it('does not wait for ever for the rest of an answer', async () => {
    answer = (response) => void response.writeHead(200, json).write('{"hits":');
    const impatient = connection.send({ method: 'GET', path: '/something', timeoutMs: 200 });
    await expect(impatient).rejects.toMatchObject(silent);
  });

  it('does not wait behind another question for longer than for an answer', async () => {
    const answers: http.ServerResponse[] = [];
    answer = (response) => void answers.push(response);
    let isOver = false;
    const long = connection
      .send({ method: 'GET', path: '/long', timeoutMs: 20_000 })
      .finally(() => (isOver = true));
    await waitFor('the one connection to be taken', () => (answers.length > 0 ? true : undefined));
    await expect(connection.check()).rejects.toMatchObject(silent);
    expect(isOver).toBe(false);
    for (const response of answers) response.writeHead(200, json).end('{}');
    expect(await long).toEqual({ status: 200, body: {} });
  });

  it('takes an answer that is not the JSON it claims to be for none', async () => {
    answer = (response) => void response.writeHead(200, json).end('<html>');
    await expect(ask()).rejects.toMatchObject(silent);
  });

  it('keeps what it was refused for, and what is no answer of the engine, apart', async () => {
    const error = { type: 'parsing_exception', reason: 'unknown query' };
    answer = (response) => void response.writeHead(400, json).end(JSON.stringify({ error, status: 400 }));
    await expect(ask()).rejects.toEqual(new RefusedRequestError({ status: 400, ...error }));
    expect(await ask([400])).toMatchObject({ status: 400, body: { error } });
    answer = (response) =>
      void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway');
    await expect(ask()).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringMatching(/now/) });
    // Of what lies in between, and yet about the request: half of it may pass.
    answer = (response) => void response.writeHead(413, { 'content-type': 'text/html' }).end('<h1>Too Large');
    await expect(ask()).rejects.toBeInstanceOf(RefusedRequestError);
  });

  it('takes a document that is not there for an answer, and a page that is not there for none', async () => {
    answer = (response) => void response.writeHead(404, json).end('{"_id":"a","found":false}');
    expect(await ask([404])).toEqual({ status: 404, body: { _id: 'a', found: false } });
    answer = (response) => void response.writeHead(404, json).end('{"message":"no Route matched"}');
    await expect(ask([404])).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/not OpenSearch/),
    });
  });
});
