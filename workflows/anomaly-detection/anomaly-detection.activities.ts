import { scopeOfProject } from '../../libs/core/src/projects/project-scope';
import { asActivities } from '../shared/activity-failure';
import { heartbeatWhile } from '../shared/heartbeat-while';
import type { AnomalyDetectionActivities } from './anomaly-detection.contract';
import { type DetectionDependencies, detectProject } from './detect-project';

export function createAnomalyDetectionActivities(deps: DetectionDependencies): AnomalyDetectionActivities {
  return asActivities<AnomalyDetectionActivities>({
    detectAnomalies: (request) =>
      heartbeatWhile(async (signal) => {
        const found = await detectProject(deps, scopeOfProject(request.projectId), request, signal);
        if (found.begun + found.anomalies > 0)
          deps.logger.info(
            {
              project_id: request.projectId,
              series: found.series,
              begun: found.begun,
              learning: found.learning,
              waiting: found.waiting,
              anomalies: found.anomalies,
            },
            'series judged',
          );
        return found;
      }),
  });
}
