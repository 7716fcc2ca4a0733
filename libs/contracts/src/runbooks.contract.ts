import { z } from 'zod';
import type { ObjectContent, StoredObject } from '../../core/src/common/object-store.port';
import { toIso } from '../../core/src/common/time-range';
import { runbookName } from '../../core/src/incidents/runbook';
import { field, text, totals } from './common.contract';

/** Beyond any RUNBOOK_MAX_BYTES. */
const MAX_CHARS = 16 * 1024 * 1024;

const markdown = field(
  text(MAX_CHARS),
  'What to do, as Markdown',
  '# The pool is exhausted\n\n1. Look for long transactions\n',
);

export const runbookRequest = z.strictObject({ markdown });

const runbookFields = {
  name: field(z.string(), 'Its name', 'db-pool-exhausted'),
  bytes: field(z.int(), 'How long it is', 4711),
  updated_at: field(z.string(), 'When it was put there', '2026-01-15T12:00:00.000Z'),
};

export const runbookSummaryResponse = z.object(runbookFields).meta({ id: 'RunbookSummary' });
export const runbookResponse = z.object({ ...runbookFields, markdown }).meta({ id: 'Runbook' });
export const runbookListResponse = z.object({
  runbooks: field(z.array(runbookSummaryResponse), 'The runbooks, by name', []),
  ...totals,
});

export function toRunbookSummaryResponse(stored: StoredObject) {
  return {
    name: runbookName(stored.key) ?? '',
    bytes: stored.bytes,
    updated_at: toIso(stored.updatedAtMs),
  };
}

export function toRunbookResponse(stored: ObjectContent) {
  return { ...toRunbookSummaryResponse(stored), markdown: new TextDecoder().decode(stored.content) };
}
