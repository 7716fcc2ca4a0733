import type { ProjectScope } from '../projects/project-scope';

/**
 * Answers kept for a while, as text, bounded in size. To keep one is never a promise: any entry may be gone at any time,
 * and where the engine does not answer, nothing is found and nothing is kept. No method ever rejects.
 */
export abstract class QueryCache {
  /** Undefined where nothing is kept under that key. */
  abstract get(scope: ProjectScope, key: string): Promise<string | undefined>;
  /** Keeps a text for at most `ttlMs`; one that is too long is not kept. Keys must hold nothing that a log must not. */
  abstract set(scope: ProjectScope, key: string, text: string, ttlMs: number): Promise<void>;
}
