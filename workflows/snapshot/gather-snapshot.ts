import { OpsError } from '../../libs/core/src/common/errors';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { TimeRange } from '../../libs/core/src/common/time-range';
import { INGEST_QUEUES, type IngestQueue } from '../../libs/core/src/ingest/ingest-queue.port';
import { LOG_LEVELS, type LogLevel } from '../../libs/core/src/logs/log-level';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { MetricStore } from '../../libs/core/src/metrics/metric-store.port';
import type { ProjectScope } from '../../libs/core/src/projects/project-scope';
import type { QueueState, ServiceState, Snapshot } from '../../libs/core/src/snapshots/snapshot';
import type { SnapshotCapture } from './snapshot.contract';

export interface SnapshotSources {
  readonly logs: LogStore;
  readonly metrics: MetricStore;
  readonly queue: IngestQueue;
  readonly incidents: IncidentStore;
}

/** A snapshot is read as a whole, by people and by comparisons, so it holds what matters most and no more. */
const SERVICES_MAX = 200;
const PATTERNS_MAX = 20;
const METRICS_MAX = 200;
const METRIC_NAMES_MAX = 100;
const SERIES_LOOKED_AT = 2000;
const EXAMPLE_MAX_CHARS = 500;

type CountByLevel = Partial<Record<LogLevel, number>>;

/**
 * The state of a project's services in the captured range, without its queues where their engine does not answer.
 * Errors: `unavailable` where a store does not answer.
 */
export async function gatherSnapshot(
  sources: SnapshotSources,
  scope: ProjectScope,
  capture: SnapshotCapture,
): Promise<Snapshot> {
  const { range } = capture;
  const [logs, topPatterns, metrics, queues, incidents] = await Promise.all([
    countLogs(sources.logs, scope, range),
    topPatternsOf(sources.logs, scope, range),
    averageMetrics(sources.metrics, scope, range),
    depthsOf(sources.queue),
    sources.incidents.list(scope, { statuses: ['open', 'acknowledged'] }, { limit: 1 }),
  ]);
  return {
    id: capture.snapshotId,
    projectId: capture.projectId,
    trigger: capture.trigger,
    takenAtMs: capture.takenAtMs,
    range,
    ...logs,
    topPatterns,
    metrics,
    ...(queues !== undefined && { queues }),
    openIncidents: incidents.total,
  };
}

async function countLogs(
  store: LogStore,
  scope: ProjectScope,
  range: TimeRange,
): Promise<Pick<Snapshot, 'countByLevel' | 'services'>> {
  const requests = LOG_LEVELS.map((level) => ({
    key: level,
    filter: { range, levels: [level] },
    groupByService: true,
  }));
  const answers = await store.countMany(scope, requests);
  const countByLevel: CountByLevel = {};
  const services = new Map<string, { countByLevel: CountByLevel; total: number }>();
  for (const level of LOG_LEVELS) {
    for (const { serviceName = '', count } of answers.filter(({ key }) => key === level)) {
      countByLevel[level] = (countByLevel[level] ?? 0) + count;
      const service = services.get(serviceName) ?? { countByLevel: {}, total: 0 };
      service.countByLevel[level] = count;
      service.total += count;
      services.set(serviceName, service);
    }
  }
  return { countByLevel, services: largest(services) };
}

function largest(
  services: ReadonlyMap<string, { readonly countByLevel: CountByLevel; readonly total: number }>,
): readonly ServiceState[] {
  return [...services]
    .sort(([nameA, a], [nameB, b]) => b.total - a.total || (nameA < nameB ? -1 : 1))
    .slice(0, SERVICES_MAX)
    .map(([serviceName, { countByLevel }]) => ({ serviceName, countByLevel }));
}

async function topPatternsOf(
  store: LogStore,
  scope: ProjectScope,
  range: TimeRange,
): Promise<Snapshot['topPatterns']> {
  const counts = await store.countFingerprints(scope, { range }, PATTERNS_MAX);
  return counts.map(({ fingerprint, serviceName, level, count, example }) => ({
    fingerprint,
    serviceName,
    level,
    count,
    example: example.slice(0, EXAMPLE_MAX_CHARS),
  }));
}

/** The average of each metric by service over the range; of metrics with many series only the first names are taken. */
async function averageMetrics(
  store: MetricStore,
  scope: ProjectScope,
  range: TimeRange,
): Promise<Snapshot['metrics']> {
  const series = await store.listSeries(scope, {}, { limit: SERIES_LOOKED_AT });
  const names = [...new Set(series.items.map(({ metricName }) => metricName))]
    .sort()
    .slice(0, METRIC_NAMES_MAX);
  if (names.length === 0) return [];
  const answers = await store.aggregateWindows(
    scope,
    names.map((metricName) => ({
      key: metricName,
      metricName,
      aggregation: 'avg' as const,
      range,
      groupByService: true,
    })),
  );
  return answers
    .map(({ key, serviceName = '', value }) => ({ metricName: key, serviceName, value }))
    .sort((a, b) => compare(a.metricName, b.metricName) || compare(a.serviceName, b.serviceName))
    .slice(0, METRICS_MAX);
}

/**
 * Undefined where the engine of the queues does not answer: what the services did can be read all the same, and its outage is when
 * people will want to know.
 */
async function depthsOf(ingestQueue: IngestQueue): Promise<readonly QueueState[] | undefined> {
  try {
    return await Promise.all(
      INGEST_QUEUES.map(async (queue) => {
        const { messages, deadLetters } = await ingestQueue.depth(queue);
        return { queue, messages, deadLetters };
      }),
    );
  } catch (error) {
    if (error instanceof OpsError && error.kind === 'unavailable') return undefined;
    throw error;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
