import { shardOfProject } from '../../libs/core/src/alerting/shard-of-project';
import type { ProjectId } from '../../libs/core/src/common/ids';
import { type ProjectScope, scopeOfProject } from '../../libs/core/src/projects/project-scope';
import type { Project } from '../../libs/core/src/projects/project';
import type { ProjectStore } from '../../libs/core/src/projects/project-store.port';
import type { Logger } from '../../libs/observability/src/app-logger';
import type { ToldProblems } from '../../libs/observability/src/told-problems';

const PAGE = 500;

/**
 * Visits every project, page by page, at most `atOnce` at a time. A visit that throws ends it all, so visitors that must not
 * hold up others catch what they can.
 */
export async function eachProject(
  projects: ProjectStore,
  atOnce: number,
  signal: AbortSignal,
  visit: (project: Project) => Promise<void>,
): Promise<void> {
  let after: ProjectId | undefined;
  for (;;) {
    const page = await projects.listAfter(after, PAGE);
    const waiting = page.values();
    const lane = async () => {
      for (const project of waiting) {
        signal.throwIfAborted();
        await visit(project);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

export interface ShardVisit {
  readonly shard: number;
  readonly shards: number;
  readonly atOnce: number;
  /** Said of a project whose visit fails, once for each cause. */
  readonly failure: string;
}

export interface VisitedProjects {
  readonly projects: number;
  readonly failedProjects: number;
}

/** Visits every project of a shard. A visit that fails is counted and told, and holds up no other. Errors: those of an abort. */
export async function eachShardProject(
  { projects: store, logger }: { readonly projects: ProjectStore; readonly logger: Logger },
  told: ToldProblems,
  { shard, shards, atOnce, failure }: ShardVisit,
  signal: AbortSignal,
  visit: (scope: ProjectScope) => Promise<void>,
): Promise<VisitedProjects> {
  let projects = 0;
  let failedProjects = 0;
  await eachProject(store, atOnce, signal, async ({ id }) => {
    if (shardOfProject(id, shards) !== shard) return;
    projects += 1;
    try {
      await visit(scopeOfProject(id));
      told.isOver(id);
    } catch (error) {
      if (signal.aborted) throw error;
      failedProjects += 1;
      if (told.isNews(id, error)) logger.warn({ err: error, project_id: id }, failure);
    }
  });
  return { projects, failedProjects };
}
