/** A part of a symptom that moves to the service that explains it. */
export interface Explained {
  readonly from: string;
  readonly to: string;
  readonly mass: number;
}

/** Symptoms of one kind, such as one metric, that may explain each other. */
export interface SymptomGroup {
  readonly name: string;
  /** By service. */
  readonly weights: ReadonlyMap<string, number>;
}

/** How far, from 0 to 1, the second service explains the symptoms of the first. */
export type ShareOf = (from: string, to: string, group: string) => number;

/** Not all of a symptom moves on: the graph may be wrong. */
const MAX_PASSED_SHARE = 0.9;
const MIN_SHARE = 0.05;
const MAX_ROUNDS = 24;
const NEGLIGIBLE = 1e-4;

/**
 * Moves symptoms along the service graph to what explains them, step by step, as far as they are explained. A walk on the graph of departed
 * services (as in MonitorRank and MicroRCA), but of mass that has a source, so that it can be told who explains whom. Ends after 24 rounds at
 * the latest, also on cycles.
 *
 * @param neighbours where the symptoms of a service may move to
 */
export function explainByTopology(
  groups: readonly SymptomGroup[],
  neighbours: ReadonlyMap<string, readonly string[]>,
  shareOf: ShareOf,
): readonly Explained[] {
  const flows = new Map<string, Explained>();
  for (const { name, weights } of groups) {
    let moving = weights;
    for (let round = 0; round < MAX_ROUNDS && moving.size > 0; round += 1) {
      const next = new Map<string, number>();
      for (const [from, mass] of moving) {
        if (mass < NEGLIGIBLE) continue;
        for (const [to, share] of passedShares(from, name, neighbours, shareOf)) {
          const part = mass * share;
          next.set(to, (next.get(to) ?? 0) + part);
          const key = JSON.stringify([from, to]);
          flows.set(key, { from, to, mass: (flows.get(key)?.mass ?? 0) + part });
        }
      }
      moving = next;
    }
  }
  return [...flows.values()];
}

/** What passes to each neighbour: as much as they explain together, divided by what each explains. */
function passedShares(
  from: string,
  group: string,
  neighbours: ReadonlyMap<string, readonly string[]>,
  shareOf: ShareOf,
): readonly (readonly [string, number])[] {
  const shares = (neighbours.get(from) ?? [])
    .map((to) => [to, shareOf(from, to, group)] as const)
    .filter(([, share]) => share >= MIN_SHARE);
  const total = shares.reduce((sum, [, share]) => sum + share, 0);
  const passed = Math.min(MAX_PASSED_SHARE, total);
  return shares.map(([to, share]) => [to, (passed * share) / total]);
}

/** For each service the others it calls, or (with `towards` "caller") is called by, in order of name. */
export function neighboursOf(
  edges: readonly { readonly caller: string; readonly callee: string }[],
  towards: 'callee' | 'caller',
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { caller, callee } of edges) {
    if (caller === callee) continue;
    const [near, far] = towards === 'callee' ? [caller, callee] : [callee, caller];
    const set = found.get(near) ?? new Set<string>();
    found.set(near, set.add(far));
  }
  return new Map([...found].map(([name, set]) => [name, [...set].sort()]));
}
