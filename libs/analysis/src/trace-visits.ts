import type { SpanInput, TraceLogInput } from './root-cause';
import { eventOfCall, eventOfLog, eventOfSpan } from './visit-events';

/** One stay of a request in one service: the span it enters by, and all spans below it in the same service. */
export interface Visit {
  readonly traceId: string;
  readonly serviceName: string;
  /** Operation of the span it enters by. */
  readonly operation: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly caller?: Visit;
  /** Visits of other services that this one called. */
  readonly callees: Visit[];
  /** What happened in it, each thing once: log patterns, spans, calls. */
  readonly events: Set<string>;
  /** Time in this service itself: without the calls. */
  selfMs: number;
  /** What the caller waited for longer than the visit took: network and queue. Undefined where nobody called. */
  readonly waitMs?: number;
}

interface Node {
  readonly span: SpanInput;
  readonly children: Node[];
  readonly logs: TraceLogInput[];
}

/**
 * Cuts traces into visits, callers before callees. Spans without a known parent start a trace of their own; spans that are their own ancestors
 * are left out, as are log records of unknown spans. Linear in spans and log records.
 */
export function buildVisits(spans: readonly SpanInput[], logs: readonly TraceLogInput[]): readonly Visit[] {
  const visits: Visit[] = [];
  for (const root of linkSpans(spans, logs)) collect(root, visits);
  return visits;
}

function linkSpans(spans: readonly SpanInput[], logs: readonly TraceLogInput[]): readonly Node[] {
  const traces = new Map<string, Map<string, Node>>();
  for (const span of spans) {
    const trace = traces.get(span.traceId) ?? new Map<string, Node>();
    traces.set(span.traceId, trace);
    if (!trace.has(span.spanId)) trace.set(span.spanId, { span, children: [], logs: [] });
  }
  for (const log of logs) {
    const node = traces.get(log.traceId)?.get(log.spanId);
    if (node?.span.serviceName === log.serviceName) node.logs.push(log);
  }
  const roots: Node[] = [];
  for (const trace of traces.values()) {
    for (const node of trace.values()) {
      const parentId = node.span.parentSpanId;
      const parent = parentId === undefined ? undefined : trace.get(parentId);
      if (parent === undefined) roots.push(node);
      else if (parent !== node) parent.children.push(node);
    }
  }
  return roots;
}

function collect(root: Node, visits: Visit[]): void {
  const stack: { readonly node: Node; readonly visit: Visit }[] = [enter(root, visits)];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, visit } = top;
    for (const log of node.logs) visit.events.add(eventOfLog(log));
    for (const child of node.children) {
      if (child.span.serviceName === visit.serviceName) {
        visit.events.add(eventOfSpan(child.span.operation));
        stack.push({ node: child, visit });
        continue;
      }
      visit.events.add(eventOfCall(child.span.serviceName, child.span.operation));
      visit.selfMs -= node.span.durationMs;
      stack.push(enter(child, visits, visit, node.span.durationMs));
    }
  }
}

function enter(node: Node, visits: Visit[], caller?: Visit, callMs?: number): { node: Node; visit: Visit } {
  const { traceId, serviceName, operation, startMs, durationMs } = node.span;
  const visit: Visit = {
    traceId,
    serviceName,
    operation,
    startMs,
    durationMs,
    callees: [],
    events: new Set(),
    selfMs: durationMs,
    ...(caller === undefined ? {} : { caller }),
    ...(callMs === undefined ? {} : { waitMs: callMs - durationMs }),
  };
  caller?.callees.push(visit);
  visits.push(visit);
  return { node, visit };
}
