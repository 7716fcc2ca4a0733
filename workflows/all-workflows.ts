/** The one entry of the workflow bundle: what is named here can be started. */
export { alertEvaluation } from './alert-evaluation/alert-evaluation.workflow';
export { requestedEvaluation } from './alert-evaluation/requested-evaluation.workflow';
export { transitionHandover } from './alert-evaluation/transition-handover.workflow';
export { anomalyDetection } from './anomaly-detection/anomaly-detection.workflow';
export { incident } from './incident/incident.workflow';
export { incidentSweep } from './incident/incident-sweep.workflow';
export { investigation } from './investigation/investigation.workflow';
export { logClustering } from './log-clustering/log-clustering.workflow';
export { notification } from './notification/notification.workflow';
export { retention } from './retention/retention.workflow';
export { retentionSweep } from './retention/retention-sweep.workflow';
export { serviceEdges } from './service-edges/service-edges.workflow';
export { snapshot } from './snapshot/snapshot.workflow';
export { snapshotSweep } from './snapshot/snapshot-sweep.workflow';
