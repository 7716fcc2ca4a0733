import type { Project } from '../../libs/core/src/projects/project';
import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { ageLimits, RETAINED, type Retained } from '../../libs/core/src/projects/retention';
import type { RetentionDependencies } from './retention-dependencies';
import type { AgedProjects, AgedProjectsRequest } from './retention.contract';

/** A look into the stores for each of them, which has to be over long before the activity's timeout. */
const PROJECTS_PER_PAGE = 100;

/** Most projects have nothing to delete: all days that aged for them are dropped. For those there is no workflow. */
export async function listAgedProjects(
  deps: RetentionDependencies,
  { atMs, after }: AgedProjectsRequest,
  signal: AbortSignal,
): Promise<AgedProjects> {
  const page = await deps.projects.listAfter(after, PROJECTS_PER_PAGE);
  const projectIds = [];
  for (const project of page) {
    signal.throwIfAborted();
    if (await isAged(deps, project, atMs)) projectIds.push(project.id);
  }
  const last = page.at(-1)?.id;
  const continueAfter = page.length === PROJECTS_PER_PAGE ? last : undefined;
  return { projectIds, ...(continueAfter !== undefined && { continueAfter }) };
}

async function isAged(deps: RetentionDependencies, project: Project, atMs: number): Promise<boolean> {
  for (const retained of RETAINED) {
    const limit = ageLimits([project], retained, deps.defaults, atMs).get(project.id);
    if (limit !== undefined && (await hasOlder(deps, retained, project, limit))) return true;
  }
  return false;
}

/** Where a store cannot say, the project's own workflow meets the failure, retries it, and holds up nobody else. */
async function hasOlder(
  { stores, logger }: RetentionDependencies,
  retained: Retained,
  { id }: Project,
  limit: number,
): Promise<boolean> {
  try {
    const scope = scopeOfProject(id);
    // Samples are looked for day by day: those of the days that are kept need not be.
    const oldestMs = await (retained === 'metrics'
      ? stores.metrics.oldest(scope, limit)
      : stores.logs.oldest(scope));
    return oldestMs !== undefined && oldestMs < limit;
  } catch (error) {
    logger.warn({ err: error, project_id: id, kind: retained }, 'oldest record of a project is not known');
    return true;
  }
}
