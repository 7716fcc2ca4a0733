import type { Brand } from './brand';

/** A path within a project's files, such as `runbooks/db-pool.md`. Made only by toObjectKey. */
export type ObjectKey = Brand<string, 'ObjectKey'>;

const MEDIA_TYPES = {
  md: 'text/markdown; charset=utf-8',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
} as const;
type Extension = keyof typeof MEDIA_TYPES;

/**
 * Folders in lower case without dots, then a name with a known extension: no engine, file system or shell reads anything
 * else into such a key, a file can never stand where a folder must, and letters' case cannot make two keys one.
 */
const KEY = /^(?:[a-z0-9][a-z0-9_-]{0,99}\/){1,5}[a-z0-9][a-z0-9._-]{0,99}\.(?:md|json|ndjson|csv|parquet)$/;

/** Undefined for what is no key, such as one that leads out of its folder. */
export function toObjectKey(text: string): ObjectKey | undefined {
  return KEY.test(text) && !text.includes('..') ? (text as ObjectKey) : undefined;
}

/** The media type of what lies under that key. */
export function mediaTypeOf(key: ObjectKey): string {
  return MEDIA_TYPES[key.slice(key.lastIndexOf('.') + 1) as Extension];
}
