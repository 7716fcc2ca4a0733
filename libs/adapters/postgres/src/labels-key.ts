import { createHash } from 'node:crypto';
import { labelsText } from '../../../core/src/alerting/labels-text';
import type { AlertLabels } from '../../../core/src/alerting/rule-state';

/** Identifies a label set in a key, however long the labels are: 128 bits of SHA-256 in hex. Stored: never change it. */
export function labelsKey(labels: AlertLabels): string {
  return createHash('sha256').update(labelsText(labels)).digest('hex').slice(0, 32);
}
