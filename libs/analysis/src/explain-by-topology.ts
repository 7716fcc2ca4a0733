import type { EdgeInput } from './root-cause';

/** What departed in a service, split by who may be behind it. */
export interface ServiceMass {
  /** Latency and errors: a callee may be behind them. */
  readonly symptoms: number;
  /** Traffic: a caller may be behind it. */
  readonly traffic: number;
  /** Resources and the rest: the service's own. */
  readonly own: number;
  readonly onsetMs: number;
}

export interface Explained {
  readonly from: string;
  readonly to: string;
  readonly mass: number;
}

/** So much of a symptom moves on to what explains it; the rest stays, for the graph may be wrong. */
const PASSED_SHARE = 0.75;
const MAX_ROUNDS = 24;
const NEGLIGIBLE = 1e-6;

/**
 * Moves symptoms along the service graph to what explains them: latency and errors toward callees that departed no later, traffic toward callers
 * whose traffic departed. A walk on the graph of departed services (as in MicroRCA and MonitorRank), but of mass that has a source, so that
 * it can be told who explains whom. Ends after 24 rounds at the latest, also on cycles.
 *
 * @param toleranceMs onsets this close count as one
 */
export function explainByTopology(
  masses: ReadonlyMap<string, ServiceMass>,
  edges: readonly EdgeInput[],
  toleranceMs: number,
): readonly Explained[] {
  const down = neighbours(edges, 'caller', 'callee', masses);
  const up = neighbours(edges, 'callee', 'caller', masses);
  const flows = new Map<string, Explained>();
  const symptoms = new Map([...masses].map(([name, mass]) => [name, mass.symptoms]));
  spread(symptoms, flows, (name) => {
    const mass = masses.get(name);
    const targets = (down.get(name) ?? []).flatMap((callee) => {
      const other = masses.get(callee);
      if (mass === undefined || other === undefined || other.onsetMs > mass.onsetMs + toleranceMs) return [];
      return [{ name: callee, weight: other.own + other.symptoms }];
    });
    return { targets, kept: mass?.own ?? 0 };
  });
  const traffic = new Map([...masses].map(([name, mass]) => [name, mass.traffic]));
  spread(traffic, flows, (name) => ({
    targets: (up.get(name) ?? []).map((caller) => ({
      name: caller,
      weight: masses.get(caller)?.traffic ?? 0,
    })),
    kept: 0,
  }));
  return [...flows.values()];
}

interface Outlook {
  readonly targets: readonly { readonly name: string; readonly weight: number }[];
  /** Mass of its own that explains the symptoms as well as a neighbour does. */
  readonly kept: number;
}

function spread(
  start: ReadonlyMap<string, number>,
  flows: Map<string, Explained>,
  outlookOf: (name: string) => Outlook,
): void {
  let moving = start;
  for (let round = 0; round < MAX_ROUNDS && moving.size > 0; round += 1) {
    const next = new Map<string, number>();
    for (const [from, mass] of moving) {
      const { targets, kept } = outlookOf(from);
      const total = targets.reduce((sum, target) => sum + target.weight, 0);
      if (total <= 0 || mass < NEGLIGIBLE) continue;
      const passed = (mass * PASSED_SHARE * total) / (total + kept);
      for (const target of targets) {
        if (target.weight <= 0) continue;
        const part = (passed * target.weight) / total;
        next.set(target.name, (next.get(target.name) ?? 0) + part);
        const key = JSON.stringify([from, target.name]);
        flows.set(key, { from, to: target.name, mass: (flows.get(key)?.mass ?? 0) + part });
      }
    }
    moving = next;
  }
}

function neighbours(
  edges: readonly EdgeInput[],
  near: keyof EdgeInput,
  far: keyof EdgeInput,
  masses: ReadonlyMap<string, ServiceMass>,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const edge of edges) {
    if (edge.caller === edge.callee || !masses.has(edge.caller) || !masses.has(edge.callee)) continue;
    const set = found.get(edge[near]) ?? new Set<string>();
    set.add(edge[far]);
    found.set(edge[near], set);
  }
  return new Map([...found].map(([name, set]) => [name, [...set].sort()]));
}
