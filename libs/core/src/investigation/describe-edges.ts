import type { Contribution, EdgeInput } from '../../../analysis/src/root-cause';
import type { ServiceEdge } from '../services/service-edge';
import type { EvidenceDraft } from './evidence-draft';
import { edgesPath } from './evidence-query';
import type { TimeRange } from '../common/time-range';
import type { InvestigationScope } from './investigation';
import { plainService } from './quote-log-text';

const MINUTE_MS = 60_000;

/**
 * The graph that a ranking walks: every pair known from parent spans, and of those that only share traces the pairs that no
 * parent span speaks of in either direction, since the order of first records can be the wrong way round.
 */
export function toEdgeInputs(edges: readonly ServiceEdge[]): readonly EdgeInput[] {
  const certain = edges.filter(({ kind }) => kind === 'parent_span');
  const known = new Set(certain.flatMap(({ caller, callee }) => [key(caller, callee), key(callee, caller)]));
  const guessed = edges.filter(
    ({ kind, caller, callee }) => kind === 'shared_trace' && !known.has(key(caller, callee)),
  );
  return [...certain, ...guessed].map(({ caller, callee }) => ({ caller, callee }));
}

/** Both windows in whole minutes, by which calls are counted: who asks for less is told of more. */
export function edgesRange({ baseline, incident }: InvestigationScope): TimeRange {
  return {
    fromMs: Math.floor(baseline.fromMs / MINUTE_MS) * MINUTE_MS,
    toMs: Math.ceil(incident.toMs / MINUTE_MS) * MINUTE_MS,
  };
}

/** Evidence of who calls whom, the most frequent first; where nothing tells, that is what is kept. */
export function describeEdges(
  edges: readonly ServiceEdge[],
  scope: InvestigationScope,
): readonly EvidenceDraft[] {
  if (edges.length > 0) return edges.map((edge) => describeEdge(edge, scope));
  return [
    {
      ref: 'edge:none',
      kind: 'service_edge',
      summary: 'No calls between services are known: no log records of two services share a trace id.',
      query: edgesPath(edgesRange(scope)),
      result: { edges: 0 },
    },
  ];
}

export function describeEdge(
  { caller, callee, kind, count }: ServiceEdge,
  scope: InvestigationScope,
): EvidenceDraft {
  const [from, to] = [plainService(caller), plainService(callee)];
  const calls = `${count} time${count === 1 ? '' : 's'}`;
  const summary =
    kind === 'parent_span'
      ? `${from} called ${to} at least ${calls}, as parent spans in the logs tell.`
      : `${from} seems to call ${to}: it logged first in traces that they share, at least ${calls}.`;
  return {
    ref: edgeRef(caller, callee),
    kind: 'service_edge',
    serviceName: callee,
    summary,
    query: edgesPath(edgesRange(scope), { caller, callee }),
    result: { caller, callee, kind, count },
  };
}

/**
 * The pair of services that a contribution from the topology rests on, in the direction in which they are known to call. Such
 * a contribution refers to evidence of the service at the other end, or names it.
 */
export function edgeOfContribution(
  edges: readonly ServiceEdge[],
  serviceName: string,
  { kind, ref }: Contribution,
  serviceOfRef: ReadonlyMap<string, string>,
): ServiceEdge | undefined {
  if (kind !== 'topology') return undefined;
  const other = serviceOfRef.get(ref) ?? ref;
  const joins = ({ caller, callee }: ServiceEdge) =>
    (caller === serviceName && callee === other) || (caller === other && callee === serviceName);
  const found = edges.filter(joins);
  return found.find(({ kind: how }) => how === 'parent_span') ?? found[0];
}

/** The name of a pair of services in an investigation's evidence. */
export function edgeRef(caller: string, callee: string): string {
  return `edge:${key(caller, callee)}`;
}

function key(caller: string, callee: string): string {
  return JSON.stringify([caller, callee]);
}
