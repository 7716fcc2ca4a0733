import type { AlertLabels } from './rule-state';

/** The same text for the same labels, in whatever order they were written. For comparing label sets, never for display. */
export function labelsKey(labels: AlertLabels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
