import type { ProjectScope } from '../projects/project-scope';
import type { ObjectKey } from './object-key';

export interface StoredObject {
  readonly key: ObjectKey;
  readonly bytes: number;
  readonly updatedAtMs: number;
}

export interface ObjectContent extends StoredObject {
  readonly content: Uint8Array;
}

/**
 * Where whole files are kept, such as runbooks. Small ones: each is held in memory when it is written or read. What a file
 * is, its key's extension says. Errors: OpsError `unavailable` when the engine does not answer.
 */
export abstract class ObjectStore {
  /**
   * Puts a file in the place of one with the same key, durably when it returns; a reader sees one or the other whole.
   * Errors: OpsError `too_large`.
   */
  abstract put(scope: ProjectScope, key: ObjectKey, content: Uint8Array): Promise<void>;
  abstract get(scope: ProjectScope, key: ObjectKey): Promise<ObjectContent | undefined>;
  /** The first `limit` files of a folder, and of those below it, in order of their keys, from the one after `after` on. */
  abstract list(
    scope: ProjectScope,
    folder: string,
    page: { readonly limit: number; readonly after?: ObjectKey },
  ): Promise<readonly StoredObject[]>;
  /** Whether there was one. */
  abstract delete(scope: ProjectScope, key: ObjectKey): Promise<boolean>;
}
