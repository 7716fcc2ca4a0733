import { QueryCache } from '../../../core/src/common/query-cache.port';
import type { Stopwatch } from '../../../core/src/common/stopwatch';
import type { ProjectScope } from '../../../core/src/projects/project-scope';

export interface LocalQueryCacheOptions {
  readonly stopwatch: Stopwatch;
  /** Of all texts together. */
  readonly maxBytes: number;
  /** Of one text. */
  readonly maxEntryBytes: number;
}

interface Entry {
  readonly text: string;
  readonly bytes: number;
  readonly expiresAtMs: number;
}

/** Answers kept in this process. When they are too many, those not used for longest go first. */
export class LocalQueryCache extends QueryCache {
  private readonly entries = new Map<string, Entry>();
  private heldBytes = 0;

  constructor(private readonly options: LocalQueryCacheOptions) {
    super();
  }

  override async get(scope: ProjectScope, key: string): Promise<string | undefined> {
    const place = placeOf(scope, key);
    const entry = this.remove(place);
    if (entry === undefined || entry.expiresAtMs <= this.options.stopwatch.readMs()) return undefined;
    this.add(place, entry);
    return entry.text;
  }

  override async set(scope: ProjectScope, key: string, text: string, ttlMs: number): Promise<void> {
    const place = placeOf(scope, key);
    this.remove(place);
    const bytes = Buffer.byteLength(text);
    if (bytes > this.options.maxEntryBytes) return;
    this.add(place, { text, bytes, expiresAtMs: this.options.stopwatch.readMs() + ttlMs });
    for (const oldest of this.entries.keys()) {
      if (this.heldBytes <= this.options.maxBytes) return;
      this.remove(oldest);
    }
  }

  /** A Map keeps the order of insertion: what was used last is last. */
  private add(place: string, entry: Entry): void {
    this.entries.set(place, entry);
    this.heldBytes += entry.bytes;
  }

  private remove(place: string): Entry | undefined {
    const entry = this.entries.get(place);
    if (entry === undefined) return undefined;
    this.entries.delete(place);
    this.heldBytes -= entry.bytes;
    return entry;
  }
}

function placeOf(scope: ProjectScope, key: string): string {
  return `${scope.projectId}:${key}`;
}
