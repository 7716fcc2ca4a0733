import type { ChangeEventId, ProjectId } from '../common/ids';

export const CHANGE_EVENT_KINDS = ['deploy', 'config', 'flag', 'scale', 'other'] as const;
export type ChangeEventKind = (typeof CHANGE_EVENT_KINDS)[number];

/** Something that people or machines changed at an instant. Most outages follow one. */
export interface ChangeEvent {
  readonly id: ChangeEventId;
  readonly projectId: ProjectId;
  readonly kind: ChangeEventKind;
  readonly serviceName: string;
  readonly title: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly timestamp: string;
  /** What it was changed to, such as a version. */
  readonly version?: string;
  readonly link?: string;
  readonly context: Readonly<Record<string, string | number | boolean | null>>;
}
