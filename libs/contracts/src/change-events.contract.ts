import { z } from 'zod';
import type { Page } from '../../core/src/common/page';
import { CHANGE_EVENT_KINDS, type ChangeEvent } from '../../core/src/ingest/change-event';
import { field, pageFields, rangeFields, text, toTotals, totals } from './common.contract';
import { toEventLine } from './event-batch.message';

export const changeEventListParameters = z.strictObject({
  ...rangeFields,
  service_name: field(text(200), 'Only changes of this service', 'checkout').optional(),
  ...pageFields,
});

export const changeEventListResponse = z.object({
  events: field(
    z.array(
      z.object({
        id: field(z.string(), 'Id of the change event', '7f9c24e8-3b12-4fef-91e0-56a2d5a4f1d7'),
        project_id: field(
          z.string(),
          'The project that it belongs to',
          '11111111-1111-4111-8111-111111111111',
        ),
        kind: field(z.enum(CHANGE_EVENT_KINDS), 'What was changed', 'deploy'),
        service_name: field(z.string(), 'The service that was changed', 'checkout'),
        title: field(z.string(), 'The change in words', 'checkout 2.4.1'),
        timestamp: field(z.string(), 'When it happened', '2026-01-15T12:00:00.000Z'),
        version: field(z.string(), 'What it was changed to', '2.4.1').optional(),
        link: field(z.string(), 'Where to read more', 'https://ci.example.org/runs/17').optional(),
        context: field(
          z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
          'Its free fields, flat',
          { commit: '4f2a9c1' },
        ),
      }),
    ),
    'The newest first',
    [],
  ),
  ...totals,
});

export function toChangeEventListResponse(page: Page<ChangeEvent>) {
  return { events: page.items.map(toEventLine), ...toTotals(page) };
}
