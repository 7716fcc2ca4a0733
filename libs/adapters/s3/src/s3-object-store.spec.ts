import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { newScope } from '../../../../test/support/new-scope';
import { describeWithEngine } from '../../../../test/support/describe-with-engine';
import { objectStoreConformance } from '../../../conformance/src/object-store.conformance';
import { type ObjectKey, toObjectKey } from '../../../core/src/common/object-key';
import { readS3Location, type S3Location } from './s3-location';
import { S3ObjectStore } from './s3-object-store';

/** A bucket of its own on the server that the tests were given. */
function locationAt(serverUrl: string): S3Location {
  const bucket = `opspilot-${randomUUID()}`;
  const location = readS3Location(`${serverUrl.replace(/^http:/, 's3+http:').replace(/\/$/, '')}/${bucket}`);
  if (location === undefined) throw new Error('OPSPILOT_TEST_S3_URL must be http://KEY:SECRET@HOST:PORT');
  return location;
}

/** For what is to be found; what is waited for in vain has less. */
const TIMEOUT_MS = 10_000;
const IN_VAIN_MS = 200;

/** On a server that answers the first bytes of each connection so. */
async function storeAt(answer: (socket: Socket) => void, timeoutMs: number) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const location = { endpoint, region: 'us-east-1', bucket: 'b', credentials };
  const store = new S3ObjectStore({ location, maxBytes: 1000, timeoutMs });
  const end = async () => {
    await store.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { store, end };
}

describeWithEngine('s3', 'S3ObjectStore', (serverUrl) => {
  objectStoreConformance('S3', async () => {
    const location = locationAt(serverUrl);
    const { bucket: Bucket, ...server } = location;
    const admin = new S3Client({ ...server, forcePathStyle: true });
    await admin.send(new CreateBucketCommand({ Bucket }));
    const store = new S3ObjectStore({ location, maxBytes: 100_000, timeoutMs: TIMEOUT_MS });
    const end = async () => {
      await store.close();
      const { Contents = [] } = await admin.send(new ListObjectsV2Command({ Bucket }));
      for (const { Key } of Contents) await admin.send(new DeleteObjectCommand({ Bucket, Key }));
      await admin.send(new DeleteBucketCommand({ Bucket }));
      admin.destroy();
    };
    return { store, end };
  });

  const scope = newScope();
  const key = toObjectKey('runbooks/a.md');
  if (key === undefined) throw new Error('is a key');

  it.each<[string, (location: S3Location) => S3Location, string]>([
    ['there is no such bucket', (location) => location, 'has no such bucket'],
    [
      'the key is refused',
      (location) => ({ ...location, credentials: { accessKeyId: 'opspilot', secretAccessKey: 'hunter2' } }),
      'refuses the key',
    ],
    ['nobody listens', (location) => ({ ...location, endpoint: 'http://127.0.0.1:1' }), 'does not answer'],
  ])('says in plain words that %s', async (_case, change, words) => {
    const store = new S3ObjectStore({
      location: change(locationAt(serverUrl)),
      maxBytes: 100,
      timeoutMs: TIMEOUT_MS,
    });
    try {
      const refused = { kind: 'unavailable', message: expect.stringContaining(words) };
      await expect(store.put(scope, key, new Uint8Array())).rejects.toMatchObject(refused);
      await expect(store.get(scope, key)).rejects.toMatchObject(refused);
      await expect(store.delete(scope, key)).rejects.toMatchObject(refused);
      await expect(store.list(scope, 'runbooks', { limit: 1 })).rejects.toMatchObject(refused);
      await expect(store.check()).rejects.toMatchObject(refused);
    } finally {
      await store.close();
    }
  });
});

describe('S3ObjectStore', () => {
  const scope = newScope();

  it('asks for a key where the URL has none and the environment neither, instead of calling the store silent', async () => {
    const before = process.env;
    // Nothing that the SDK could find a key by: no variables, no profile, no machine to ask for one.
    process.env = { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
    const location = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', bucket: 'b' };
    const store = new S3ObjectStore({ location, maxBytes: 1000, timeoutMs: TIMEOUT_MS });
    try {
      await expect(store.check()).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('put KEY:SECRET@ before the host in OBJECT_STORE_URL'),
      });
    } finally {
      await store.close();
      process.env = before;
    }
  });

  it.each([
    [
      'does not wait for ever for a server that never answers',
      '',
      IN_VAIN_MS,
      'the object store does not answer',
    ],
    [
      'does not wait for ever for a server that stops in the middle of a file',
      'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf',
      IN_VAIN_MS,
      'the object store does not answer',
    ],
    [
      'takes no more than is allowed of a file that does not say how long it is',
      `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1001)}`,
      TIMEOUT_MS,
      'a file is larger than the 1000 bytes that are allowed',
    ],
    [
      'takes no more than is allowed of a file that says how long it is',
      `HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(1001)}`,
      TIMEOUT_MS,
      'a file is larger than the 1000 bytes that are allowed',
    ],
  ])('%s', async (_case, answer, timeoutMs, problem) => {
    const key = toObjectKey('runbooks/a.md');
    if (key === undefined) throw new Error('is a key');
    const { store, end } = await storeAt((socket) => socket.write(answer), timeoutMs);
    try {
      await expect(store.get(scope, key)).rejects.toThrow(problem);
    } finally {
      await end();
    }
  });

  it.each([
    ['507 Insufficient Storage', 'XMinioStorageFull', 'the object store has no room'],
    ['403 Forbidden', 'QuotaExceeded', 'the object store has no room'],
    ['503 Slow Down', 'SlowDown', 'the object store takes no more requests for the moment (SlowDown)'],
    ['403 Forbidden', 'AccessDenied', 'the object store refuses the key or its rights'],
  ])('says in plain words why a file is not taken: %s, %s', async (status, code, words) => {
    const key = toObjectKey('runbooks/a.md');
    if (key === undefined) throw new Error('is a key');
    const body = `<Error><Code>${code}</Code></Error>`;
    const answer = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const { store, end } = await storeAt((socket) => socket.end(answer), TIMEOUT_MS);
    try {
      await expect(store.put(scope, key, new Uint8Array())).rejects.toThrow(words);
    } finally {
      await end();
    }
  });

  it.each<[string, (store: S3ObjectStore, key: ObjectKey) => Promise<unknown>]>([
    ['a file', (store, key) => store.get(scope, key)],
    ['a list', (store) => store.list(scope, 'runbooks', { limit: 10 })],
    ['the answer to a file', (store, key) => store.put(scope, key, new Uint8Array())],
  ])('does not wait for ever for %s that comes byte by byte', async (_what, act) => {
    const key = toObjectKey('runbooks/a.md');
    if (key === undefined) throw new Error('is a key');
    const { store, end } = await storeAt((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n');
      const timer = setInterval(() => socket.write(' '), 50);
      socket.on('close', () => clearInterval(timer));
    }, IN_VAIN_MS);
    try {
      await expect(act(store, key)).rejects.toThrow('the object store does not answer');
    } finally {
      await end();
    }
  });

  it('finds a file gone that somebody else deletes in the same moment, and says nothing of a bucket', async () => {
    const key = toObjectKey('runbooks/a.md');
    if (key === undefined) throw new Error('is a key');
    const gone = '<Error><Code>NoSuchKey</Code></Error>';
    const answers = [
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n',
      `HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: ${gone.length}\r\n\r\n${gone}`,
    ];
    const { store, end } = await storeAt((socket) => socket.end(answers.shift() ?? ''), TIMEOUT_MS);
    try {
      expect(await store.delete(scope, key)).toBe(false);
      expect(answers).toEqual([]);
    } finally {
      await end();
    }
  });

  it('does not ask for ever a server that lists the same page again and again', async () => {
    const page =
      '<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>no key of ours</Key></Contents></ListBucketResult>';
    let asked = 0;
    const { store, end } = await storeAt((socket) => {
      asked++;
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${page.length}\r\n\r\n${page}`);
    }, TIMEOUT_MS);
    try {
      expect(await store.list(scope, 'runbooks', { limit: 10 })).toEqual([]);
      expect(asked).toBe(2);
    } finally {
      await end();
    }
  });
});
