import { proxyActivities } from '@temporalio/workflow';
import { INCIDENT_SWEEP_OPTIONS } from '../shared/activity-options';
import { scheduledInstantMs } from '../shared/scheduled-instant';
import type {
  IncidentSweepActivities,
  IncidentSweepInput,
  IncidentSweepResult,
} from './incident-sweep.contract';

const { resumeShardIncidents } = proxyActivities<IncidentSweepActivities>(INCIDENT_SWEEP_OPTIONS);

/**
 * Takes up what Temporal has lost, such as after its database was put back to an earlier state or emptied: transitions that no
 * incident has heard of, unresolved incidents that no workflow looks after, and investigations. Finds nothing otherwise.
 */
export async function incidentSweep(input: IncidentSweepInput): Promise<IncidentSweepResult> {
  return resumeShardIncidents({ ...input, scheduledAtMs: scheduledInstantMs() });
}
