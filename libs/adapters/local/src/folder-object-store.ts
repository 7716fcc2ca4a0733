import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { OpsError } from '../../../core/src/common/errors';
import { type ObjectKey, toObjectKey } from '../../../core/src/common/object-key';
import {
  type ObjectContent,
  ObjectStore,
  type StoredObject,
} from '../../../core/src/common/object-store.port';
import type { ProjectScope } from '../../../core/src/projects/project-scope';
import { describeFolderProblem } from './describe-folder-problem';

/** Beside the projects' folders, on the same file system, so that a rename moves no bytes. No project is called so. */
const UNFINISHED = '.unfinished';
/** Nobody writes for so long: whoever began such a file was killed. */
const ABANDONED_MS = 3_600_000;
const ABSENT = new Set(['ENOENT', 'ENOTDIR']);

/** Files in a folder of this machine: `<root>/<project>/<key>`. For one process, or for several that share the folder. */
export class FolderObjectStore extends ObjectStore {
  constructor(
    private readonly root: string,
    private readonly maxBytes: number,
  ) {
    super();
  }

  override async put(scope: ProjectScope, key: ObjectKey, content: Uint8Array): Promise<void> {
    requireSize(content.length, this.maxBytes);
    const target = this.pathOf(scope, key);
    const unfinished = path.join(this.root, UNFINISHED, randomUUID());
    await onFiles(async () => {
      await mkdir(path.dirname(unfinished), { recursive: true });
      await mkdir(path.dirname(target), { recursive: true });
      try {
        await withFile(unfinished, 'wx', async (file) => {
          // Before anything is written: what was left may be what fills the disk.
          await this.removeAbandoned((await file.stat()).mtimeMs);
          await file.writeFile(content);
          await file.sync();
        });
        await rename(unfinished, target);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
      // The name is on disk when its folder is.
      await withFile(path.dirname(target), 'r', (folder) => folder.sync());
    });
  }

  override async get(scope: ProjectScope, key: ObjectKey): Promise<ObjectContent | undefined> {
    const read = () =>
      withFile(this.pathOf(scope, key), 'r', async (file) => {
        const { size, mtimeMs } = await file.stat();
        requireSize(size, this.maxBytes);
        const content = await file.readFile();
        return { key, bytes: content.length, updatedAtMs: Math.floor(mtimeMs), content };
      });
    return onFiles(() => unlessAbsent(read));
  }

  override async list(
    scope: ProjectScope,
    folder: string,
    { limit, after }: { readonly limit: number; readonly after?: ObjectKey },
  ): Promise<readonly StoredObject[]> {
    const home = path.join(this.root, scope.projectId);
    const start = path.join(home, folder);
    return onFiles(async () => {
      const names = (await unlessAbsent(() => readdir(start, { recursive: true }))) ?? [];
      const keys = names
        .flatMap((name) => toObjectKey(`${folder}/${name.split(path.sep).join('/')}`) ?? [])
        .filter((key) => after === undefined || key > after)
        .sort();
      const found: StoredObject[] = [];
      for (const key of keys) {
        if (found.length === limit) break;
        const known = await unlessAbsent(() => stat(path.join(home, key)));
        if (known?.isFile() === true)
          found.push({ key, bytes: known.size, updatedAtMs: Math.floor(known.mtimeMs) });
      }
      return found;
    });
  }

  override async delete(scope: ProjectScope, key: ObjectKey): Promise<boolean> {
    const remove = async () => {
      await unlink(this.pathOf(scope, key));
      return true;
    };
    return onFiles(async () => (await unlessAbsent(remove)) ?? false);
  }

  /**
   * What a process that was killed has left. Removing it may fail, and takes nothing from the file that was put.
   * @param nowMs by the clock of the file system, which may be another machine's
   */
  private async removeAbandoned(nowMs: number): Promise<void> {
    const folder = path.join(this.root, UNFINISHED);
    try {
      for (const name of await readdir(folder)) {
        const file = path.join(folder, name);
        const known = await unlessAbsent(() => stat(file));
        if (known !== undefined && known.mtimeMs < nowMs - ABANDONED_MS) await rm(file, { force: true });
      }
    } catch {
      // The next put tries again.
    }
  }

  private pathOf(scope: ProjectScope, key: ObjectKey): string {
    return path.join(this.root, scope.projectId, ...key.split('/'));
  }
}

function requireSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const detail = `a file of ${bytes} bytes is larger than the ${maxBytes} that are allowed`;
  throw new OpsError('too_large', 'OPS_OBJECT_TOO_LARGE', detail);
}

async function withFile<Answer>(
  name: string,
  flags: 'r' | 'wx',
  work: (file: FileHandle) => Promise<Answer>,
): Promise<Answer> {
  const file = await open(name, flags);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

async function unlessAbsent<Answer>(read: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await read();
  } catch (error) {
    if (ABSENT.has(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}

/** A full disk, or a folder that we may not write to: nothing that the caller did. */
async function onFiles<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof OpsError) throw cause;
    const detail = describeFolderProblem(String((cause as NodeJS.ErrnoException).code));
    throw new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', detail, { cause });
  }
}
