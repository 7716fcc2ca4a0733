import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { asActivities } from '../shared/activity-failure';
import { heartbeatWhile } from '../shared/heartbeat-while';
import { clusterProject, type ClusteringDependencies } from './cluster-project';
import type { LogClusteringActivities } from './log-clustering.contract';

export function createLogClusteringActivities(deps: ClusteringDependencies): LogClusteringActivities {
  return asActivities<LogClusteringActivities>({
    clusterProject: (request) =>
      heartbeatWhile(async (signal) => {
        const found = await clusterProject(deps, scopeOfProject(request.projectId), request, signal);
        const changed = (found.newPatterns ?? 0) + (found.gonePatterns ?? 0) + (found.surgingPatterns ?? 0);
        if (changed > 0)
          deps.logger.info(
            {
              project_id: request.projectId,
              new_patterns: found.newPatterns,
              gone_patterns: found.gonePatterns,
              surging_patterns: found.surgingPatterns,
            },
            'log patterns changed',
          );
        return found;
      }),
  });
}
