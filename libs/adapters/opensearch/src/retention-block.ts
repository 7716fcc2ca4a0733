import { isDiskFull } from './engine-error';
import type { OpenSearchConnection } from './opensearch-connection';

const NOT_FOUND = 404;
export const WRITE_BLOCK = 'index.blocks.write';
/** OpenSearch's own, while the disk is nearly full. It lets indices be deleted, but neither setting nor mapping be changed. */
const FULL_DISK_BLOCK = 'index.blocks.read_only_allow_delete';
/** In the mapping's `_meta`, so that another process knows our block from an operator's, also when ours was killed. */
const OURS = { blocked_by_retention: true };

/** What keeps writers out of an index. */
export type Block = typeof WRITE_BLOCK | typeof FULL_DISK_BLOCK;

/** Who has blocked writes to an index: retention, maybe in a process that has ended, or somebody who wants it so. */
export type BlockOwner = 'retention' | 'somebody';

interface IndexPlace {
  readonly connection: OpenSearchConnection;
  readonly name: string;
}

/** Of the index as OpenSearch tells it, with these parts. */
export interface BlockedIndex {
  readonly settings: { readonly index: { readonly blocks?: { readonly write?: string } } };
  readonly mappings?: { readonly _meta?: Partial<typeof OURS> };
}
export const BLOCKED_INDEX_PARTS: readonly string[] = [`settings.${WRITE_BLOCK}`, 'mappings._meta'];

export function blockOwner({ settings, mappings }: BlockedIndex): BlockOwner | undefined {
  if (settings.index.blocks?.write !== 'true') return undefined;
  return mappings?._meta?.blocked_by_retention === true ? 'retention' : 'somebody';
}

/**
 * Blocks writes and waits for those under way. Where the disk is full, OpenSearch refuses that: its own block keeps writers out
 * already. A block of somebody else stays his.
 */
export async function keepWritersOut(index: IndexPlace, owner: BlockOwner | undefined): Promise<Block> {
  const { connection, name } = index;
  try {
    // Before the block: killed in between, it leaves a mark that says nothing, rather than a block that nobody takes back.
    if (owner !== 'somebody') await mark(index, OURS);
    await connection.send({ method: 'PUT', path: `/${name}/_block/write`, expected: [NOT_FOUND] });
    return WRITE_BLOCK;
  } catch (error) {
    if (isDiskFull(error)) return FULL_DISK_BLOCK;
    throw error;
  }
}

/** OpenSearch lifts its own block as soon as there is room, and whoever else retains lifts ours. */
export async function isBlockedBy({ connection, name }: IndexPlace, block: Block): Promise<boolean> {
  const { body } = await connection.send({
    method: 'GET',
    path: `/${name}/_settings/${block}`,
    query: { flat_settings: true },
    expected: [NOT_FOUND],
  });
  const { [name]: stored } = body as Readonly<
    Record<string, { readonly settings?: Readonly<Record<string, string>> }>
  >;
  return stored?.settings?.[block] === 'true';
}

/** Takes our block back. */
export async function letWritersIn(index: IndexPlace): Promise<void> {
  const { connection, name } = index;
  const body = { [WRITE_BLOCK]: null };
  await connection.send({ method: 'PUT', path: `/${name}/_settings`, body, expected: [NOT_FOUND] });
  await mark(index, {});
}

async function mark({ connection, name }: IndexPlace, meta: Partial<typeof OURS>): Promise<void> {
  const body = { _meta: meta };
  await connection.send({ method: 'PUT', path: `/${name}/_mapping`, body, expected: [NOT_FOUND] });
}
