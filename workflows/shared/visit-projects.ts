import { isCancellation, log } from '@temporalio/workflow';
import type { ProjectId } from '../../libs/core/src/common/ids';

/**
 * What a workflow does for each project of a page, `atOnce` of them at a time. A visit that fails is counted, and told in the
 * words of `failure`; it holds up no other. Errors: that of a cancellation.
 */
export async function visitProjects(
  projectIds: readonly ProjectId[],
  atOnce: number,
  failure: string,
  visit: (projectId: ProjectId) => Promise<unknown>,
): Promise<{ readonly visited: number; readonly failed: number }> {
  let [visited, failed] = [0, 0];
  const waiting = projectIds.values();
  const lane = async () => {
    for (const projectId of waiting) {
      try {
        await visit(projectId);
        visited += 1;
      } catch (error) {
        if (isCancellation(error)) throw error;
        failed += 1;
        log.warn(failure, { project_id: projectId, err: error });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { visited, failed };
}
