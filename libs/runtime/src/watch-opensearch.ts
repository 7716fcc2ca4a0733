import {
  CLUSTER_STATES,
  readClusterState,
  readFullestDisk,
} from '../../adapters/opensearch/src/engine-state';
import { REFUSALS, type OpenSearchConnection } from '../../adapters/opensearch/src/opensearch-connection';
import type { OpenSearchLogStore } from '../../adapters/opensearch/src/opensearch-log-store';
import type { AppMetrics } from '../../observability/src/app-metrics';

/**
 * Shows at each scrape how OpenSearch is, as far as it tells: what it does not tell is left out. Why is in the health checks'
 * words, and not in the log at every scrape.
 */
export function watchOpenSearch(
  metrics: AppMetrics,
  connection: OpenSearchConnection,
  store: OpenSearchLogStore,
): void {
  metrics.gauge({
    name: 'opspilot_opensearch_clusters',
    help: 'Clusters of OpenSearch by the state of the log indices: green, yellow, red (shards or the cluster manager are missing), down (does not answer)',
    labels: ['state'],
    collect: async (gauge) => {
      const current = await readClusterState(connection);
      for (const state of CLUSTER_STATES) gauge.set({ state }, state === current ? 1 : 0);
    },
  });
  metrics.gauge({
    name: 'opspilot_opensearch_blocked_indices',
    help: 'Log indices that take no records, such as on a full disk, are closed or cannot be searched, and one more for each such setting of the cluster',
    collect: async (gauge) => {
      const blocks = await store.countBlocks().catch(() => undefined);
      gauge.remove();
      if (blocks !== undefined) gauge.set(blocks);
    },
  });
  metrics.gauge({
    name: 'opspilot_opensearch_disk_bytes',
    help: "The disk of OpenSearch's fullest node: total, available",
    labels: ['part'],
    collect: async (gauge) => {
      const disk = await readFullestDisk(connection).catch(() => undefined);
      gauge.reset();
      if (disk === undefined) return;
      gauge.set({ part: 'total' }, disk.totalBytes);
      gauge.set({ part: 'available' }, disk.availableBytes);
    },
  });
  const counted = { ...connection.refused };
  metrics.counter({
    name: 'opspilot_opensearch_refused_records_total',
    help: 'Records that OpenSearch did not take at one attempt: overloaded, unreachable and blocked are tried again, record is set aside',
    labels: ['reason'],
    collect: (counter) => {
      for (const reason of REFUSALS) {
        counter.inc({ reason }, connection.refused[reason] - counted[reason]);
        counted[reason] = connection.refused[reason];
      }
    },
  });
}
