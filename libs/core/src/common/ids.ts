import type { Brand } from './brand';

export type ProjectId = Brand<string, 'ProjectId'>;
export type ApiKeyId = Brand<string, 'ApiKeyId'>;
/** Sortable: begins with the record's timestamp, so that ordering by id is ordering by time. See log-id.ts. */
export type DeadLetterId = Brand<string, 'DeadLetterId'>;
export type LogId = Brand<string, 'LogId'>;
export type RuleId = Brand<string, 'RuleId'>;
export type ChannelId = Brand<string, 'ChannelId'>;
export type IncidentId = Brand<string, 'IncidentId'>;
export type TimelineEventId = Brand<string, 'TimelineEventId'>;
export type InvestigationId = Brand<string, 'InvestigationId'>;
export type EvidenceId = Brand<string, 'EvidenceId'>;
export type SnapshotId = Brand<string, 'SnapshotId'>;
export type ChangeEventId = Brand<string, 'ChangeEventId'>;
export type AnomalyLabelId = Brand<string, 'AnomalyLabelId'>;
export type LogPatternId = Brand<string, 'LogPatternId'>;
export type Fingerprint = Brand<string, 'Fingerprint'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the textual form of a UUID: the only form in which ids of catalog rows travel. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/** Gives a string that a boundary has checked (a contract, a row of our own tables) its kind. */
export function asId<Id extends Brand<string, string>>(value: string): Id {
  return value as Id;
}
