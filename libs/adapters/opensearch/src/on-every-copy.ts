import { setTimeout as wait } from 'node:timers/promises';
import { type Backoff, backoffDelayMs } from '../../../core/src/common/backoff-delay';
import { notOpenSearch, unavailable } from './engine-error';
import type { OpenSearchConnection } from './opensearch-connection';
import { syncLines } from './sync-lines';

/** Seven seconds in all: copies are as far as their primary within a fraction of one, and within five where an operator has them write that rarely. */
const MAX_ATTEMPTS = 14;
const BACKOFF: Backoff = { firstMs: 50, maxMs: 1000 };
const BEHIND =
  'OpenSearch has not brought all records to every copy of a log index yet: if it stays so, look for a node that hangs; what waits is then stored';

/** A document that was there already, by what OpenSearch told of the deletion behind it (sync-lines.ts). */
export interface FoundDocument {
  /** Its action and its source. */
  readonly line: Buffer;
  readonly index: string;
  /** Raised whenever another copy becomes the primary of its shard. */
  readonly primaryTerm: number;
}

/** The last operation of each primary, and up to which one all copies have everything on their disks; by index and shard. */
type Progress = ReadonlyMap<string, { readonly last: number; readonly everywhere: number }>;

/**
 * Waits until every copy that may become the primary has these documents. That one is there, OpenSearch says as soon as the primary has it;
 * whoever wrote it may still be waiting for the copies, which may get a later deletion before. A document that only the primary
 * has is lost with it. Errors: OpsError `unavailable` where copies stay behind, or another one has become the primary meanwhile.
 */
export async function untilOnEveryCopy(
  connection: OpenSearchConnection,
  found: readonly FoundDocument[],
): Promise<void> {
  await untilCopiesAreAsFar(connection, [...new Set(found.map(({ index }) => index))]);
  // Only what was read of the same primary that had the documents says anything about them.
  const terms = await primaryTerms(
    connection,
    found.map(({ line }) => line),
  );
  if (found.some(({ primaryTerm }, place) => terms[place] !== primaryTerm)) throw unavailable(BEHIND);
}

async function untilCopiesAreAsFar(
  connection: OpenSearchConnection,
  indices: readonly string[],
): Promise<void> {
  let first: Progress | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const now = await readProgress(connection, indices);
    first ??= now;
    if (first !== undefined && hasCome(now, first)) return;
    await wait(backoffDelayMs(attempt, BACKOFF, Math.random()));
  }
  throw unavailable(BEHIND);
}

/** Whether every copy has by now what the primaries had at first. */
function hasCome(now: Progress | undefined, first: Progress): boolean {
  return [...first].every(([shard, { last }]) => (now?.get(shard)?.everywhere ?? -1) >= last);
}

/** Undefined where a node does not tell. */
async function readProgress(
  connection: OpenSearchConnection,
  indices: readonly string[],
): Promise<Progress | undefined> {
  const parts = ['routing.primary', 'seq_no'].map((part) => `indices.*.shards.*.${part}`);
  const { body } = await connection.send({
    method: 'GET',
    path: `/${indices.join(',')}/_stats/docs`,
    query: { level: 'shards', filter_path: ['_shards.failed', ...parts].join(',') },
  });
  const { _shards: shards, indices: found = {} } = body as ShardStats;
  if (shards === undefined) throw notOpenSearch();
  if (shards.failed > 0) return undefined;
  const primaries = Object.entries(found).flatMap(([index, { shards: copies }]) =>
    Object.entries(copies).flatMap(([shard, ofShard]) =>
      ofShard
        .filter(({ routing }) => routing.primary)
        .map(({ seq_no: { max_seq_no: last, global_checkpoint: everywhere } }) => {
          return [`${index} ${shard}`, { last, everywhere }] as const;
        }),
    ),
  );
  return new Map(primaries);
}

/** Of the shard of each document, in their order; undefined where there is no primary just now. */
async function primaryTerms(
  connection: OpenSearchConnection,
  lines: readonly Buffer[],
): Promise<readonly (number | undefined)[]> {
  const { body } = await connection.send({
    method: 'POST',
    path: '/_bulk',
    query: { filter_path: 'items.delete.status,items.delete._primary_term' },
    lines: syncLines(lines),
  });
  const { items = [] } = body as { readonly items?: readonly SyncItem[] };
  return items.map((item) => item.delete._primary_term);
}

interface SyncItem {
  readonly delete: { readonly _primary_term?: number };
}

interface ShardStats {
  readonly _shards?: { readonly failed: number };
  readonly indices?: Readonly<
    Record<string, { readonly shards: Readonly<Record<string, readonly ShardCopy[]>> }>
  >;
}

interface ShardCopy {
  readonly routing: { readonly primary: boolean };
  readonly seq_no: { readonly max_seq_no: number; readonly global_checkpoint: number };
}
