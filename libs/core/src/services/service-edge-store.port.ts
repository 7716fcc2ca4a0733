import type { Page, PageRequest } from '../common/page';
import type { TimeRange } from '../common/time-range';
import type { ProjectScope } from '../projects/project-scope';
import type { MinuteServiceEdge, ServiceEdge } from './service-edge';

export interface ServiceEdgeFilter {
  /** Minutes that overlap it count as a whole. */
  readonly range: TimeRange;
  readonly caller?: string;
  readonly callee?: string;
}

/** Where service edges are kept, as counts by minute. Errors: OpsError `unavailable` when the engine does not answer. */
export abstract class ServiceEdgeStore {
  /**
   * Afterwards the minutes that overlap the range have exactly these edges, so that deriving them again changes nothing but
   * what late records have changed. Edges of other minutes are left out. Errors: OPS_PROJECT_NOT_FOUND.
   */
  abstract write(scope: ProjectScope, range: TimeRange, edges: readonly MinuteServiceEdge[]): Promise<void>;
  /** The counts of the range summed up, the most frequent first. */
  abstract list(
    scope: ProjectScope,
    filter: ServiceEdgeFilter,
    page: PageRequest,
  ): Promise<Page<ServiceEdge>>;
  /** Deletes the edges of minutes that began before; returns how many. */
  abstract deleteBefore(scope: ProjectScope, beforeMs: number): Promise<number>;
}
