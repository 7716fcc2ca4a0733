import type { Incident } from '../../libs/core/src/incidents/incident';
import type { WorkflowSubject } from '../shared/search-attributes';
import { incidentWorkflowId } from '../shared/workflow-ids';
import type { IncidentInput } from './incident.contract';

/** What an incident's workflow is started with, whoever starts it. */
export function incidentStart(incident: Incident): {
  readonly subject: WorkflowSubject;
  readonly workflowId: string;
  readonly input: IncidentInput;
} {
  const { projectId, id: incidentId, severity } = incident;
  const [service] = incident.services;
  return {
    subject: { projectId, incidentId, severity, ...(service === undefined ? {} : { service }) },
    workflowId: incidentWorkflowId(projectId, incidentId),
    input: { projectId, incidentId },
  };
}
