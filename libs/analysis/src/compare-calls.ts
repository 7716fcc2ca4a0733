import { compareSeries } from './compare-series';
import { departureStrength } from './departure-strength';
import { figure } from './format-evidence';
import { groupBy } from './group-by';
import { cleanPoints } from './prepare-series';
import { median } from './robust-statistics';
import type { CallSeriesInput, RootCauseInput } from './root-cause';

/** A call edge on which time is lost between caller and callee. */
export interface SlowEdge {
  readonly caller: string;
  readonly callee: string;
  readonly ref: string;
  readonly strength: number;
  readonly onsetMs: number;
  readonly why: string;
}

const MIN_STRENGTH = 0.3;
/** Growth counts from this share of the usual latency on. */
const FLOOR_SHARE = 1;

/**
 * Finds edges where the caller waits longer than the callee works: what the client measured minus what the server measured, against its
 * baseline. That is the network or a queue before the callee, which the callee's own figures do not show.
 */
export function compareCalls(input: RootCauseInput): readonly SlowEdge[] {
  const edges = groupBy(input.calls ?? [], ({ caller, callee }) => JSON.stringify([caller, callee]));
  return [...edges.values()].flatMap((group): readonly SlowEdge[] => {
    const client = group.find(({ side }) => side === 'client');
    const server = group.find(({ side }) => side === 'server');
    return client === undefined || server === undefined ? [] : compareEdge(client, server, input);
  });
}

function compareEdge(
  client: CallSeriesInput,
  server: CallSeriesInput,
  { baseline, incident }: RootCauseInput,
): readonly SlowEdge[] {
  const served = new Map(cleanPoints(server.points).map(({ atMs, value }) => [atMs, value]));
  const waits = cleanPoints(client.points).flatMap(({ atMs, value }) => {
    const work = served.get(atMs);
    return work === undefined ? [] : [{ atMs, value: Math.max(0, value - work) }];
  });
  const found = compareSeries({ metricName: 'wait', points: waits, baseline, incident });
  if (found.outcome === 'too-short' || found.direction === 'down') return [];
  const floor =
    FLOOR_SHARE *
    Math.max(0, median(client.points.filter(({ atMs }) => atMs < baseline.toMs).map(({ value }) => value)));
  const growth = Math.log((found.level + floor) / (found.expected + floor));
  const strength = departureStrength(found.score) * Math.min(1, Math.max(0, growth));
  if (!(strength >= MIN_STRENGTH)) return [];
  const { caller, callee } = client;
  const why = `${caller} waits for ${callee} beyond its own time: ${figure(found.level)}, ${figure(found.expected)} before`;
  return [{ caller, callee, ref: client.ref, strength, onsetMs: found.onsetMs, why }];
}
