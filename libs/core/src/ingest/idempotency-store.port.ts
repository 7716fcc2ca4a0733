import type { ProjectScope } from '../projects/project-scope';
import type { GoOn } from '../projects/retention';

/** What is remembered of a request that named an Idempotency-Key. */
export interface IdempotentRequest {
  /** SHA-256 (hex) of route and body: the same key with another body is a mistake of the client. */
  readonly requestHash: string;
  /** When the first request with this key came. Records take their ids and missing times from it, so a retry makes the same ones. */
  readonly receivedAtMs: number;
  /** The answer, once there was one. */
  readonly response?: string;
}

/** Requests by their Idempotency-Key, until they are forgotten. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class IdempotencyStore {
  /** Claims the key for this request, or returns what an earlier request with the key left. */
  abstract claim(
    scope: ProjectScope,
    key: string,
    request: { readonly requestHash: string; readonly receivedAtMs: number },
  ): Promise<IdempotentRequest>;
  /** Keeps the answer for those who repeat the request. */
  abstract complete(scope: ProjectScope, key: string, response: string): Promise<void>;
  /**
   * Forgets keys that were claimed before this instant, of all projects, portion by portion for as long as `goOn` says so; returns
   * how many. A repeat goes on where it broke off.
   */
  abstract deleteBefore(beforeMs: number, goOn?: GoOn): Promise<number>;
}
