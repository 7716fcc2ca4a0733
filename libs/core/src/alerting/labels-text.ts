import type { AlertLabels } from './rule-state';

/** The same text for the same labels, in whatever order they were written. For keys and comparisons, not for people. */
export function labelsText(labels: AlertLabels): string {
  const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries);
}
