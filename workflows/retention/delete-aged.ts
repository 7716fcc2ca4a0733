import { setTimeout as wait } from 'node:timers/promises';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { ageLimits, type Retained } from '../../libs/core/src/projects/retention';
import type { RetentionDependencies } from './retention-dependencies';
import type { RetentionInput, RetentionResult } from './retention.contract';

/** Well below the activity's timeout; what is left is for the next run. */
const BUDGET_MS = 10 * 60_000;
/** After each portion as long as it took, so that others have at least half of the store. */
const LONGEST_PAUSE_MS = 1000;

/** Deletes by the limit that the project has, asked for after each portion, so that who raises it loses nothing more. */
export async function deleteAged(
  { projects, stores, defaults, stopwatch, counters, logger }: RetentionDependencies,
  { retained, projectId, atMs }: RetentionInput & { readonly retained: Retained },
  signal: AbortSignal,
): Promise<RetentionResult> {
  const readLimit = async () => {
    const project = await projects.find(projectId);
    return project && ageLimits([project], retained, defaults, atMs).get(projectId);
  };
  const limit = await readLimit();
  if (limit === undefined) return { deleted: 0, isDone: true };
  const startedMs = stopwatch.readMs();
  let portionMs = startedMs;
  let isDone = true;
  const goOn = async (count: number): Promise<boolean> => {
    counters.deleted.inc({ kind: retained, how: 'record' }, count);
    const nowMs = stopwatch.readMs();
    if (nowMs - startedMs >= BUDGET_MS) isDone = false;
    else await wait(Math.min(nowMs - portionMs, LONGEST_PAUSE_MS), undefined, { signal });
    if (((await readLimit()) ?? Number.NEGATIVE_INFINITY) < limit) isDone = false;
    portionMs = stopwatch.readMs();
    return isDone;
  };
  const deleted = await stores[retained].deleteBefore(scopeOfProject(projectId), limit, goOn);
  if (deleted > 0)
    logger.info(
      { project_id: projectId, kind: retained, deleted, is_done: isDone },
      'records deleted because of their age',
    );
  return { deleted, isDone };
}
