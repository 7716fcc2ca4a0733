import { z } from 'zod';
import type { Page } from '../../core/src/common/page';
import { SERVICE_EDGE_KINDS, type ServiceEdge } from '../../core/src/services/service-edge';
import { field, pageFields, rangeFields, text, toTotals, totals } from './common.contract';

export const serviceEdgeListParameters = z.strictObject({
  ...rangeFields,
  caller: field(text(200), 'Only calls by this service', 'checkout').optional(),
  callee: field(text(200), 'Only calls to this service', 'orders').optional(),
  ...pageFields,
});

export const serviceEdgeListResponse = z.object({
  edges: field(
    z.array(
      z.object({
        caller: field(z.string(), 'The service that calls', 'checkout'),
        callee: field(z.string(), 'The service that is called', 'orders'),
        kind: field(
          z.enum(SERVICE_EDGE_KINDS),
          'parent_span: records of the callee name a span of the caller as their parent; shared_trace, weaker: the caller logged first in traces that name no parents',
          'parent_span',
        ),
        count: field(
          z.int(),
          'Calls seen in the minutes of the range; of busy minutes only a sample of traces is looked at',
          42,
        ),
      }),
    ),
    'The most frequent first',
    [],
  ),
  ...totals,
});

export function toServiceEdgeListResponse(page: Page<ServiceEdge>) {
  const edges = page.items.map(({ caller, callee, kind, count }) => ({ caller, callee, kind, count }));
  return { edges, ...toTotals(page) };
}
