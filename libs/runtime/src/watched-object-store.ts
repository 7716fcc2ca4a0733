import { OpsError } from '../../core/src/common/errors';
import { type ObjectKey, toObjectKey } from '../../core/src/common/object-key';
import { type ObjectContent, ObjectStore, type StoredObject } from '../../core/src/common/object-store.port';
import type { ProjectScope } from '../../core/src/projects/project-scope';

const TRIED_FILE = 'health/tried.md';

/**
 * Remembers that a file was not taken, such as on a full disk or without the right to write: reading goes on all the same,
 * and nobody may write again for days.
 */
export class WatchedObjectStore extends ObjectStore {
  private refused: { readonly scope: ProjectScope; readonly bytes: number } | undefined;

  constructor(private readonly store: ObjectStore) {
    super();
  }

  override async put(scope: ProjectScope, key: ObjectKey, content: Uint8Array): Promise<void> {
    try {
      await this.store.put(scope, key, content);
      this.refused = undefined;
    } catch (error) {
      if (error instanceof OpsError && error.kind === 'unavailable')
        this.refused = { scope, bytes: content.length };
      throw error;
    }
  }

  override get(scope: ProjectScope, key: ObjectKey): Promise<ObjectContent | undefined> {
    return this.store.get(scope, key);
  }

  override list(
    scope: ProjectScope,
    folder: string,
    page: { readonly limit: number; readonly after?: ObjectKey },
  ): Promise<readonly StoredObject[]> {
    return this.store.list(scope, folder, page);
  }

  override delete(scope: ProjectScope, key: ObjectKey): Promise<boolean> {
    return this.store.delete(scope, key);
  }

  /** Tries a file as large as the refused one, until one is taken. Errors: OpsError `unavailable` that says why none is. */
  async checkWritable(): Promise<void> {
    const key = toObjectKey(TRIED_FILE);
    if (this.refused === undefined || key === undefined) return;
    const { scope, bytes } = this.refused;
    await this.put(scope, key, new Uint8Array(bytes));
    await this.delete(scope, key);
  }
}
