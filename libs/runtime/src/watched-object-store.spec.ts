import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newScope } from '../../../test/support/new-scope';
import { FolderObjectStore } from '../../adapters/local/src/folder-object-store';
import { type ObjectKey, toObjectKey } from '../../core/src/common/object-key';
import { WatchedObjectStore } from './watched-object-store';

const scope = newScope();
const content = new TextEncoder().encode('# a');
let home: string;
let root: string;
let store: WatchedObjectStore;
let key: ObjectKey;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'opspilot-objects-'));
  root = path.join(home, 'objects');
  store = new WatchedObjectStore(new FolderObjectStore(root, 100));
  const made = toObjectKey('runbooks/a.md');
  if (made === undefined) throw new Error('is a key');
  key = made;
});
afterEach(() => rm(home, { recursive: true }));

it('says that files are refused until one is taken again, and leaves none behind', async () => {
  const refused = { kind: 'unavailable', message: expect.stringContaining('the folder of files') };
  await writeFile(root, 'in the way of the folder');
  await store.checkWritable();
  await expect(store.put(scope, key, content)).rejects.toMatchObject(refused);
  await expect(store.checkWritable()).rejects.toMatchObject(refused);
  await expect(store.checkWritable()).rejects.toMatchObject(refused);
  await rm(root);
  await store.checkWritable();
  expect(await store.list(scope, 'health', { limit: 1 })).toEqual([]);
  await rm(root, { recursive: true });
  await store.checkWritable();
  expect(await readdir(home)).toEqual([]);
});

it('forgets a refusal when a file is taken, and takes no file that is too large for one', async () => {
  await writeFile(root, 'in the way of the folder');
  await expect(store.put(scope, key, content)).rejects.toMatchObject({ kind: 'unavailable' });
  await rm(root);
  await store.put(scope, key, content);
  await writeFile(path.join(root, scope.projectId, 'health'), 'in the way of what is tried');
  await store.checkWritable();
  await expect(store.put(scope, key, new Uint8Array(101))).rejects.toMatchObject({ kind: 'too_large' });
  await store.checkWritable();
  expect(await store.get(scope, key)).toMatchObject({ content });
  expect(await store.delete(scope, key)).toBe(true);
});
