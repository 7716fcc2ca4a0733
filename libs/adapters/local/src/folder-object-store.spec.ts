import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newScope } from '../../../../test/support/new-scope';
import { objectStoreConformance } from '../../../conformance/src/object-store.conformance';
import { toObjectKey } from '../../../core/src/common/object-key';
import { FolderObjectStore } from './folder-object-store';

const temporaryFolder = () => mkdtemp(path.join(tmpdir(), 'opspilot-objects-'));

objectStoreConformance('a folder', async () => {
  const folder = await temporaryFolder();
  return {
    store: new FolderObjectStore(path.join(folder, 'not', 'there', 'yet'), 100_000),
    end: () => rm(folder, { recursive: true }),
  };
});

describe('FolderObjectStore', () => {
  it('keeps files that people can read, leaves nothing unfinished, and says where it may not write', async () => {
    const folder = await temporaryFolder();
    const scope = newScope();
    const key = toObjectKey('runbooks/a.md');
    if (key === undefined) throw new Error('is a key');
    try {
      await new FolderObjectStore(folder, 100).put(scope, key, new TextEncoder().encode('# a'));
      expect(await readFile(path.join(folder, scope.projectId, 'runbooks', 'a.md'), 'utf8')).toBe('# a');
      expect(await readdir(path.join(folder, '.unfinished'))).toEqual([]);
      await writeFile(path.join(folder, 'file'), '');
      const blocked = new FolderObjectStore(path.join(folder, 'file'), 100);
      await expect(blocked.put(scope, key, new Uint8Array())).rejects.toMatchObject({ kind: 'unavailable' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('removes what a process that was killed left unfinished, and nothing that somebody may still be writing', async () => {
    const folder = await temporaryFolder();
    const unfinished = path.join(folder, '.unfinished');
    const key = toObjectKey('runbooks/a.md');
    if (key === undefined) throw new Error('is a key');
    try {
      await mkdir(unfinished);
      for (const name of ['left', 'under-way']) await writeFile(path.join(unfinished, name), '# half of');
      const twoHoursAgo = Date.now() / 1000 - 7200;
      await utimes(path.join(unfinished, 'left'), twoHoursAgo, twoHoursAgo);
      await new FolderObjectStore(folder, 100).put(newScope(), key, new TextEncoder().encode('# a'));
      expect(await readdir(unfinished)).toEqual(['under-way']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
