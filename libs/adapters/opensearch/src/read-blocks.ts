import { BLOCK_TYPE, notOpenSearch, notSearched, toRefusalError } from './engine-error';
import type { LogIndexNames } from './index-names';
import { isFields } from './is-fields';
import { findsRecords } from './log-index-template';
import { CHECK_TIMEOUT_MS, type OpenSearchConnection } from './opensearch-connection';

const BAD_REQUEST = 400;
const FORBIDDEN = 403;
/** Blocks that keep records out, with what makes engine-error.ts tell a full disk from a person's doing. */
const INDEX_BLOCKS = [
  ['index.blocks.read_only_allow_delete', 'read-only-allow-delete'],
  ['index.blocks.read_only', 'read_only'],
  ['index.blocks.write', 'write'],
] as const;
/** The same for all indices there are, in OpenSearch's own words for them. */
const CLUSTER_BLOCKS = [
  ['cluster.blocks.read_only', 'cluster read-only (api)'],
  ['cluster.blocks.read_only_allow_delete', 'cluster read-only / allow delete (api)'],
] as const;
const NO_NEW_INDEX = 'cluster.blocks.create_index';

type Settings = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, unknown>>;

/**
 * What keeps records out, or lets no question find them: one for each index that takes none, is closed or cannot be searched, and one for each
 * setting that holds for the whole cluster. In words that say what to do. Errors: OpsError `unavailable` where OpenSearch does not tell.
 */
export async function readBlocks(
  connection: OpenSearchConnection,
  { patterns }: LogIndexNames,
): Promise<readonly Error[]> {
  const indices = patterns.join(',');
  const ask = async (path: string, query: Readonly<Record<string, string | boolean>>): Promise<Fields> =>
    (await connection.send({ method: 'GET', path, query, timeoutMs: CHECK_TIMEOUT_MS })).body;
  const [cluster, blocked, closed, fields] = await Promise.all([
    ask('/_cluster/settings', { flat_settings: true }),
    ask(`/${indices}/_settings/index.blocks.*`, { flat_settings: true, ignore_unavailable: true }),
    ask(`/_resolve/index/${indices}`, { expand_wildcards: 'closed' }),
    ask(`/${indices}/_mapping`, {
      filter_path: ['project_id', 'timestamp']
        .map((field) => `*.mappings.properties.${field}.type`)
        .join(','),
    }),
  ]);
  // The first one is told: of a full disk, not that it has OpenSearch make no new index as well.
  return [...ofIndices(blocked), ...ofCluster(cluster), ...ofClosed(closed), ...ofMappings(fields)];
}

function ofCluster({ persistent, transient }: Fields): readonly Error[] {
  if (!isFields(persistent)) throw notOpenSearch();
  const settings = { ...persistent, ...(isFields(transient) && transient) };
  const blocks = CLUSTER_BLOCKS.filter(([setting]) => settings[setting] === 'true');
  const makesNone = settings[NO_NEW_INDEX] === 'true';
  return [
    ...blocks.map(([, reason]) => toRefusalError({ status: FORBIDDEN, type: BLOCK_TYPE, reason })),
    ...(makesNone
      ? [toRefusalError({ status: FORBIDDEN, type: 'index_create_block_exception', reason: '' })]
      : []),
  ];
}

function ofIndices(body: Fields): readonly Error[] {
  return Object.entries(body as Readonly<Record<string, { readonly settings?: Settings }>>).flatMap(
    ([name, { settings }]) => {
      const block = INDEX_BLOCKS.find(([setting]) => settings?.[setting] === 'true');
      if (block === undefined) return [];
      return [toRefusalError({ status: FORBIDDEN, type: BLOCK_TYPE, reason: `${name}: ${block[1]}` })];
    },
  );
}

function ofClosed({ indices }: Fields): readonly Error[] {
  if (!Array.isArray(indices)) throw notOpenSearch();
  return (indices as readonly { readonly name: string }[]).map(({ name: reason }) =>
    toRefusalError({ status: BAD_REQUEST, type: 'index_closed_exception', reason }),
  );
}

/** An index without either field is not in the answer: nobody has written to it. */
function ofMappings(body: Fields): readonly Error[] {
  return Object.entries(body)
    .filter(([, index]) => !(isFields(index) && findsRecords(index['mappings'])))
    .map(([name]) => notSearched(name));
}
