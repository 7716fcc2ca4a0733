import type { MinuteServiceEdge, ServiceEdgeKind } from './service-edge';

/** What a record of a trace tells about who called whom. */
export interface TracedRecord {
  readonly timestampMs: number;
  readonly serviceName: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
}

interface Call {
  readonly caller: string;
  readonly callee: string;
  readonly kind: ServiceEdgeKind;
  readonly startMs: number;
}

const MINUTE_MS = 60_000;

/**
 * The calls that began in the minute, counted. Each trace is its records in the order of (timestamp, id), those around the
 * minute included. Where a trace names parents, the caller is the service of the parent span; where it names none, services
 * are taken in the order of their first records. The most frequent edges are kept; they come ordered by caller, callee, kind.
 */
export function deriveMinuteEdges(
  traces: readonly (readonly TracedRecord[])[],
  minuteMs: number,
  maxEdges: number,
): readonly MinuteServiceEdge[] {
  const edges = new Map<string, MinuteServiceEdge>();
  for (const { startMs, ...edge } of traces.flatMap(callsOf)) {
    if (startMs < minuteMs || startMs >= minuteMs + MINUTE_MS) continue;
    const key = JSON.stringify([edge.caller, edge.callee, edge.kind]);
    edges.set(key, { ...edge, minuteMs, count: (edges.get(key)?.count ?? 0) + 1 });
  }
  return [...edges.values()]
    .sort((one, other) => other.count - one.count || byName(one, other))
    .slice(0, maxEdges)
    .sort(byName);
}

function callsOf(records: readonly TracedRecord[]): readonly Call[] {
  const namesParents = records.some(({ parentSpanId }) => parentSpanId !== undefined);
  return namesParents ? callsByParent(records) : callsByOrder(records);
}

/** A call logs as much as it likes: the first record of a span in a service stands for it. */
function callsByParent(records: readonly TracedRecord[]): readonly Call[] {
  const serviceOfSpan = new Map<string, string>();
  const children = new Map<string, TracedRecord>();
  for (const record of records) {
    const { spanId, parentSpanId, serviceName } = record;
    if (spanId === undefined) continue;
    if (!serviceOfSpan.has(spanId)) serviceOfSpan.set(spanId, serviceName);
    const key = JSON.stringify([spanId, serviceName]);
    if (parentSpanId !== undefined && !children.has(key)) children.set(key, record);
  }
  return [...children.values()].flatMap(({ parentSpanId = '', serviceName: callee, timestampMs }) => {
    const caller = serviceOfSpan.get(parentSpanId);
    if (caller === undefined || caller === callee) return [];
    return [{ caller, callee, kind: 'parent_span', startMs: timestampMs }];
  });
}

function callsByOrder(records: readonly TracedRecord[]): readonly Call[] {
  const firstOfService = new Map<string, number>();
  for (const { serviceName, timestampMs } of records)
    if (!firstOfService.has(serviceName)) firstOfService.set(serviceName, timestampMs);
  const visits = [...firstOfService];
  return visits.slice(1).flatMap(([callee, startMs], index) => {
    const caller = visits[index]?.[0];
    return caller === undefined ? [] : [{ caller, callee, kind: 'shared_trace', startMs }];
  });
}

function byName(one: MinuteServiceEdge, other: MinuteServiceEdge): number {
  return (
    compare(one.caller, other.caller) || compare(one.callee, other.callee) || compare(one.kind, other.kind)
  );
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
