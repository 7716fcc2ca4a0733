import { type SearchAttributePair, SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';

const PROJECT_ID = defineSearchAttributeKey('ProjectId', SearchAttributeType.KEYWORD);
const INCIDENT_ID = defineSearchAttributeKey('IncidentId', SearchAttributeType.KEYWORD);
const RULE_ID = defineSearchAttributeKey('RuleId', SearchAttributeType.KEYWORD);
const SEVERITY = defineSearchAttributeKey('Severity', SearchAttributeType.KEYWORD);
const SERVICE = defineSearchAttributeKey('Service', SearchAttributeType.KEYWORD);

/** What people filter workflows by in the Temporal UI. The workflow worker declares these at the server when it starts. */
export const SEARCH_ATTRIBUTE_KEYS = [PROJECT_ID, INCIDENT_ID, RULE_ID, SEVERITY, SERVICE] as const;

/** Set by Temporal on each run that a Schedule starts: the instant that it stands for, however late it runs. */
export const SCHEDULED_START_TIME = defineSearchAttributeKey(
  'TemporalScheduledStartTime',
  SearchAttributeType.DATETIME,
);

export interface WorkflowSubject {
  readonly projectId: string;
  readonly incidentId?: string;
  readonly ruleId?: string;
  readonly severity?: string;
  readonly service?: string;
}

/** The `typedSearchAttributes` of a workflow about this subject. */
export function searchAttributesOf(subject: WorkflowSubject): SearchAttributePair[] {
  return [
    { key: PROJECT_ID, value: subject.projectId },
    ...(subject.incidentId === undefined ? [] : [{ key: INCIDENT_ID, value: subject.incidentId }]),
    ...(subject.ruleId === undefined ? [] : [{ key: RULE_ID, value: subject.ruleId }]),
    ...(subject.severity === undefined ? [] : [{ key: SEVERITY, value: subject.severity }]),
    ...(subject.service === undefined ? [] : [{ key: SERVICE, value: subject.service }]),
  ];
}
