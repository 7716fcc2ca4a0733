import type { Clock } from '../../libs/core/src/common/clock';
import type { SharedClock } from '../../libs/core/src/common/shared-clock.port';
import type { Stopwatch } from '../../libs/core/src/common/stopwatch';
import type { IncidentStore } from '../../libs/core/src/incidents/incident-store.port';
import type { ChangeEventStore } from '../../libs/core/src/ingest/change-event-store.port';
import type { LogStore } from '../../libs/core/src/logs/log-store.port';
import type { MetricStore } from '../../libs/core/src/metrics/metric-store.port';
import type { ProjectStore } from '../../libs/core/src/projects/project-store.port';
import type { Retention } from '../../libs/core/src/projects/retention';
import type { ServiceEdgeStore } from '../../libs/core/src/services/service-edge-store.port';
import type { SnapshotStore } from '../../libs/core/src/snapshots/snapshot-store.port';
import type { Logger } from '../../libs/observability/src/app-logger';
import type { RetentionMetrics } from './retention-metrics';

export interface RetentionDependencies {
  readonly projects: ProjectStore;
  readonly stores: { readonly logs: LogStore; readonly metrics: MetricStore };
  /** What is counted from log records goes with them. */
  readonly serviceEdges: ServiceEdgeStore;
  readonly changeEvents: ChangeEventStore;
  /** Whole days besides today; 0 for ever. */
  readonly changeEventRetentionDays: number;
  readonly incidents: IncidentStore;
  /** Whole days besides today; 0 for ever. */
  readonly incidentRetentionDays: number;
  readonly snapshots: SnapshotStore;
  readonly snapshotRetentionMs: number;
  /** Of projects that have none of their own. */
  readonly defaults: Retention;
  readonly clock: Clock;
  /** No age is counted from an instant that it has not come to, whatever Temporal's clock says. */
  readonly sharedClock: SharedClock;
  readonly stopwatch: Stopwatch;
  readonly counters: RetentionMetrics;
  readonly logger: Logger;
}
