import { CHECK_TIMEOUT_MS, type OpenSearchConnection } from './opensearch-connection';

export const CLUSTER_STATES = ['green', 'yellow', 'red', 'down'] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

/** Of the node whose disk is the fullest. */
export interface FullestDisk {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

interface FileSystems {
  readonly nodes?: Readonly<
    Record<string, { readonly fs: { readonly total: Readonly<Record<string, number>> } }>
  >;
}

/** How the cluster is; `down` where it does not say. Never rejects: that nobody answers is an answer. */
export async function readClusterState(connection: OpenSearchConnection): Promise<ClusterState> {
  try {
    const { status } = await connection.health();
    return CLUSTER_STATES.find((state) => state === status) ?? 'down';
  } catch {
    return 'down';
  }
}

/** Undefined where no node tells. Errors: OpsError `unavailable`. */
export async function readFullestDisk(connection: OpenSearchConnection): Promise<FullestDisk | undefined> {
  const { nodes = {} } = await ask<FileSystems>(connection, '/_nodes/stats/fs', 'nodes.*.fs.total');
  const disks = Object.values(nodes).map(({ fs: { total } }) => ({
    totalBytes: total['total_in_bytes'] ?? 0,
    availableBytes: total['available_in_bytes'] ?? 0,
  }));
  const share = ({ totalBytes, availableBytes }: FullestDisk) => availableBytes / Math.max(1, totalBytes);
  return disks.sort((one, other) => share(one) - share(other))[0];
}

async function ask<Answer>(connection: OpenSearchConnection, path: string, parts: string): Promise<Answer> {
  const query = { filter_path: parts };
  const { body } = await connection.send({ method: 'GET', path, query, timeoutMs: CHECK_TIMEOUT_MS });
  return body as Answer;
}
