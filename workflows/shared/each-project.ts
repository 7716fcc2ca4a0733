import type { ProjectId } from '../../libs/core/src/common/ids';
import type { Project } from '../../libs/core/src/projects/project';
import type { ProjectStore } from '../../libs/core/src/projects/project-store.port';

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
