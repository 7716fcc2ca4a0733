import type { ProjectId } from '../../libs/core/src/common/ids';
import type { Project } from '../../libs/core/src/projects/project';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import {
  ageLimits,
  type DroppedDay,
  keptFromMs,
  type Retained,
} from '../../libs/core/src/projects/retention';
import { asActivities } from '../shared/activity-failure';
import { eachProject } from '../shared/each-project';
import { heartbeatWhile } from '../shared/heartbeat-while';
import { notAhead } from '../shared/not-ahead';
import { deleteAged } from './delete-aged';
import { listAgedProjects } from './list-aged-projects';
import type { RetentionDependencies } from './retention-dependencies';
import type { AgedDaysRequest, RetentionActivities } from './retention.contract';

const DAY_MS = 86_400_000;
/** Well below the activity's timeout. A million series, none of which goes, take a quarter of a minute. */
const SERIES_BUDGET_MS = 5 * 60_000;

export function createRetentionActivities(deps: RetentionDependencies): RetentionActivities {
  const counted = <Result>(retained: Retained, work: (signal: AbortSignal) => Promise<Result>) =>
    heartbeatWhile(work).catch((error: unknown) => {
      deps.counters.failures.inc({ kind: retained });
      throw error;
    });
  /** The clocks of Temporal and of the database must agree on how late it is. */
  const agreed = async <Request extends { readonly atMs: number }>(request: Request): Promise<Request> => ({
    ...request,
    atMs: await notAhead(deps.sharedClock, request.atMs),
  });
  return asActivities<RetentionActivities>({
    dropAgedDays: (request) =>
      counted(request.retained, async (signal) => dropAgedDays(deps, await agreed(request), signal)),
    listAgedProjects: (request) =>
      heartbeatWhile(async (signal) => listAgedProjects(deps, await agreed(request), signal)),
    deleteAged: (request) =>
      counted(request.retained, async (signal) => deleteAged(deps, await agreed(request), signal)),
  });
}

async function dropAgedDays(
  deps: RetentionDependencies,
  { retained, atMs }: AgedDaysRequest,
  signal: AbortSignal,
): Promise<number> {
  const { projects, stores, defaults, clock, counters, logger } = deps;
  const readLimits = async () => {
    const limits = new Map<ProjectId, number>();
    await eachProject(projects, 1, signal, (project: Project) => {
      for (const [id, limit] of ageLimits([project], retained, defaults, atMs)) limits.set(id, limit);
      return Promise.resolve();
    });
    return limits;
  };
  const dropped = { days: 0, records: 0 };
  const onDropped = ({ records }: DroppedDay) => {
    dropped.days += 1;
    dropped.records += records;
    counters.days.inc({ kind: retained });
    counters.deleted.inc({ kind: retained, how: 'day' }, records);
  };
  const days = stores[retained].dropDays(readLimits, onDropped);
  // A day that cannot be dropped is no reason to keep the others' edges.
  const others =
    retained === 'logs'
      ? forgetOthers(deps, atMs, signal)
      : days.catch(() => undefined).then(() => forgetSeries(deps, atMs, signal));
  const [dropping, forgetting] = await Promise.allSettled([days, others]);
  if (dropped.days > 0) logger.info({ kind: retained, ...dropped }, 'days dropped because of their age');
  if (dropping.status === 'rejected') throw dropping.reason;
  if (forgetting.status === 'rejected') throw forgetting.reason;
  counters.lastRun.set({ kind: retained }, clock.now() / 1000);
  return dropped.days;
}

/** Names of series whose samples are all gone. Where nobody's samples are deleted because of their age, all series have some. */
async function forgetSeries(
  { projects, stores, defaults, stopwatch, counters }: RetentionDependencies,
  atMs: number,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = stopwatch.readMs();
  await eachProject(projects, 1, signal, async (project) => {
    if (!ageLimits([project], 'metrics', defaults, atMs).has(project.id)) return;
    const goOn = (count: number) => {
      signal.throwIfAborted();
      counters.deleted.inc({ kind: 'series', how: 'record' }, count);
      return Promise.resolve(stopwatch.readMs() - startedMs < SERIES_BUDGET_MS);
    };
    await stores.metrics.forgetSeries(scopeOfProject(project.id), atMs - DAY_MS, goOn);
  });
}

/** What lies in no days that could be dropped, and is bounded by nothing but its age. */
async function forgetOthers(
  {
    projects,
    serviceEdges,
    changeEvents,
    incidents,
    snapshots,
    defaults,
    counters,
    ...limits
  }: RetentionDependencies,
  atMs: number,
  signal: AbortSignal,
): Promise<void> {
  const incidentsFromMs = keptFromMs(limits.incidentRetentionDays, atMs);
  const onDeleted = (count: number) => {
    signal.throwIfAborted();
    counters.deleted.inc({ kind: 'incidents', how: 'record' }, count);
    return Promise.resolve(true);
  };
  await eachProject(projects, 1, signal, async (project) => {
    const scope = scopeOfProject(project.id);
    const limit = ageLimits([project], 'logs', defaults, atMs).get(project.id);
    const edges = limit === undefined ? 0 : await serviceEdges.deleteBefore(scope, limit);
    counters.deleted.inc({ kind: 'service_edges', how: 'record' }, edges);
    const taken = await snapshots.deleteBefore(scope, atMs - limits.snapshotRetentionMs);
    counters.deleted.inc({ kind: 'snapshots', how: 'record' }, taken);
    const eventsFromMs = keptFromMs(limits.changeEventRetentionDays, atMs);
    const events = eventsFromMs === undefined ? 0 : await changeEvents.deleteBefore(scope, eventsFromMs);
    counters.deleted.inc({ kind: 'change_events', how: 'record' }, events);
    if (incidentsFromMs !== undefined) await incidents.deleteBefore(scope, incidentsFromMs, onDeleted);
  });
}
