import fc from 'fast-check';
import { rankRootCauses } from './rank-root-causes';
import type { EdgeInput, PatternInput, RootCauseInput, SeriesInput } from './root-cause';

const START = Date.UTC(2026, 2, 1, 10);
const STEP = 10_000;
const minute = (count: number): number => START + count * 60_000;
const ONSET = minute(40);
const WINDOWS = {
  baseline: { fromMs: START, toMs: minute(38) },
  incident: { fromMs: minute(38), toMs: minute(48) },
};

/** Small noise that is the same in every run. */
function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return x - Math.floor(x) - 0.5;
}

interface Shape {
  readonly normal: number;
  readonly after?: number;
  readonly fromMs?: number;
  /** Climbs to `after` within this time. */
  readonly climbMs?: number;
}

function series(serviceName: string, metricName: string, shape: Shape): SeriesInput {
  const seed = [...`${serviceName}${metricName}`].reduce((sum, char) => sum + char.charCodeAt(0), 0);
  const fromMs = shape.fromMs ?? ONSET;
  const points = [];
  for (let atMs = START; atMs < minute(48); atMs += STEP) {
    const done = atMs < fromMs ? 0 : Math.min(1, (atMs - fromMs) / (shape.climbMs ?? 1));
    const level = shape.normal + done * ((shape.after ?? shape.normal) - shape.normal);
    points.push({ atMs, value: level * (1 + 0.1 * noise(seed + atMs / STEP)) });
  }
  return { ref: `${serviceName}:${metricName}`, serviceName, metricName, points };
}

const errors = (
  serviceName: string,
  text: string,
  incidentCount: number,
  minutes: number,
  baselineCount = 0,
): PatternInput => ({
  ref: `${serviceName}:${text}`,
  serviceName,
  level: 'error',
  text,
  baselineCount,
  incidentCount,
  firstAtMs: ONSET + minutes * 60_000,
});

const edge = (caller: string, callee: string): EdgeInput => ({ caller, callee });
const EDGES = [
  edge('frontend', 'checkout'),
  edge('frontend', 'catalog'),
  edge('checkout', 'inventory'),
  edge('checkout', 'payment'),
  edge('checkout', 'shipping'),
];
const SERVICES = ['frontend', 'checkout', 'catalog', 'inventory', 'payment', 'shipping'];

/** Every service's usual metrics, but for those given. */
function shop(changed: readonly SeriesInput[], rest: Partial<RootCauseInput> = {}): RootCauseInput {
  const given = new Set(changed.map(({ ref }) => ref));
  const usual = SERVICES.flatMap((name) => [
    series(name, 'latency_p95_ms', { normal: 80 }),
    series(name, 'error_rate', { normal: 0.01 }),
    series(name, 'requests_per_second', { normal: 50 }),
    series(name, 'cpu_percent', { normal: 30 }),
    series(name, 'db_connections', { normal: 12 }),
    series(name, 'disk_used_percent', { normal: 41 }),
    series(name, 'queue_depth', { normal: 5 }),
  ]);
  const all = [...usual.filter(({ ref }) => !given.has(ref)), ...changed];
  return { ...WINDOWS, series: all, patterns: [], changes: [], edges: EDGES, ...rest };
}

const LEAK = shop(
  [
    series('inventory', 'db_connections', { normal: 12, after: 100, climbMs: 120_000 }),
    series('inventory', 'latency_p95_ms', { normal: 80, after: 4_800, fromMs: minute(41) }),
    series('checkout', 'latency_p95_ms', { normal: 80, after: 5_200, fromMs: minute(41) }),
    series('checkout', 'error_rate', { normal: 0.01, after: 0.6, fromMs: minute(41) }),
    series('frontend', 'error_rate', { normal: 0.01, after: 0.4, fromMs: minute(41.5) }),
    series('shipping', 'queue_depth', { normal: 5, after: 400, fromMs: minute(42), climbMs: 240_000 }),
  ],
  {
    patterns: [
      errors('inventory', 'timeout acquiring connection after <duration>', 240, 1),
      errors('checkout', 'upstream request timed out', 300, 1),
      errors('frontend', 'checkout answered <num>', 280, 2, 3),
    ],
    changes: [
      { ref: 'e1', serviceName: 'inventory', kind: 'deploy', title: 'inventory 2.4.1', atMs: minute(39) },
      { ref: 'e2', serviceName: 'catalog', kind: 'deploy', title: 'catalog 1.9.0', atMs: minute(39.5) },
      { ref: 'e3', serviceName: 'checkout', kind: 'config', title: 'checkout banner', atMs: minute(20) },
    ],
  },
);

const DISK = shop(
  [
    series('payment', 'disk_used_percent', { normal: 41, after: 100, fromMs: minute(39), climbMs: 120_000 }),
    series('payment', 'error_rate', { normal: 0.01, after: 0.9 }),
    series('checkout', 'error_rate', { normal: 0.01, after: 0.7 }),
    series('frontend', 'error_rate', { normal: 0.01, after: 0.4 }),
    series('frontend', 'latency_p95_ms', { normal: 80, after: 900 }),
  ],
  {
    patterns: [
      errors('payment', 'could not extend file <quoted>: No space left on device', 200, 0),
      errors('checkout', 'charge failed with <num>', 200, 0),
    ],
    changes: [
      { ref: 'e1', serviceName: 'frontend', kind: 'deploy', title: 'frontend 7.0', atMs: minute(20) },
    ],
  },
);

const PROVIDER = shop(
  [
    series('payment', 'latency_p95_ms', { normal: 80, after: 9_000 }),
    series('payment', 'error_rate', { normal: 0.01, after: 0.5 }),
    series('checkout', 'latency_p95_ms', { normal: 80, after: 9_500 }),
    series('checkout', 'error_rate', { normal: 0.01, after: 0.5 }),
    series('frontend', 'latency_p95_ms', { normal: 80, after: 9_600 }),
    series('shipping', 'requests_per_second', { normal: 50, after: 10 }),
  ],
  {
    patterns: [
      errors('payment', 'payment provider did not answer within <duration>', 120, 0),
      errors('checkout', 'payment failed: deadline exceeded', 120, 0),
    ],
    changes: [
      { ref: 'e1', serviceName: 'catalog', kind: 'deploy', title: 'catalog 1.9.0', atMs: minute(38) },
    ],
  },
);

const SURGE = shop([
  ...['frontend', 'catalog', 'checkout'].map((name) =>
    series(name, 'requests_per_second', { normal: 50, after: 400 }),
  ),
  series('frontend', 'cpu_percent', { normal: 30, after: 95 }),
  series('frontend', 'latency_p95_ms', { normal: 80, after: 400 }),
  series('catalog', 'latency_p95_ms', { normal: 80, after: 160 }),
]);

const first = (input: RootCauseInput) => rankRootCauses(input).causes[0];

describe('rankRootCauses', () => {
  it('puts the deploy that leaks connections first, before its symptoms and other deploys', () => {
    const [cause, ...rest] = rankRootCauses(LEAK).causes;
    expect(cause).toMatchObject({ serviceName: 'inventory', signal: 'inventory 2.4.1', causeKind: 'deploy' });
    expect(cause?.score).toBeGreaterThan(2 * (rest[0]?.score ?? 1));
    expect(cause?.contributions.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['metric', 'pattern', 'change', 'topology']),
    );
    expect(rest.map(({ serviceName }) => serviceName)).not.toContain('catalog');
  });

  it('finds the leaking service without the deploy, and without a graph', () => {
    expect(first({ ...LEAK, changes: [] })).toMatchObject({
      serviceName: 'inventory',
      causeKind: 'resource',
    });
    const ungraphed = rankRootCauses({ ...LEAK, changes: [], edges: [] }).causes;
    expect(ungraphed.slice(0, 2).map(({ serviceName }) => serviceName)).toContain('inventory');
  });

  it('is not led away by a deploy of a service that only suffers', () => {
    const herrings = SERVICES.filter((name) => name !== 'inventory').map((serviceName) => ({
      ref: serviceName,
      serviceName,
      kind: 'deploy' as const,
      title: `${serviceName} 9`,
      atMs: minute(20),
    }));
    expect(first({ ...LEAK, changes: herrings })?.serviceName).toBe('inventory');
  });

  it.each([
    ['a full disk', DISK, 'payment', 'resource'],
    ['the outage of a provider', PROVIDER, 'payment', 'latency'],
    ['a surge of traffic', SURGE, 'frontend', 'traffic'],
  ])('finds %s, which no change explains', (_name, input, serviceName, causeKind) => {
    const cause = first(input);
    expect(cause?.serviceName).toBe(serviceName);
    if (causeKind !== 'traffic') expect(cause?.causeKind).toBe(causeKind);
  });

  it.each([
    ['latency', 'as far as it fails more', { latency: 8000, failing: 0.99, farthest: 1 }],
    ['latency', 'nearly as far', { latency: 8000, failing: 0.99, farthest: 1.25 }],
    ['errors', 'by far less', { latency: 160, failing: 0.99, farthest: 1 }],
    ['latency', 'and fails no more', { latency: 8000, failing: 0.01, farthest: 1 }],
  ])('names a cause by %s where a service has become slower %s', (causeKind, _how, after) => {
    const slow = series('payment', 'latency_p95_ms', { normal: 80, after: after.latency });
    const failing = series('payment', 'error_rate', { normal: 0.01, after: after.failing });
    // The farthest value of all bounds how far a series can be said to have left its baseline.
    const points = slow.points.map(({ atMs, value }, index) => ({
      atMs,
      value: index === slow.points.length - 1 ? value * after.farthest : value,
    }));
    expect(first(shop([{ ...slow, points }, failing]))).toMatchObject({ serviceName: 'payment', causeKind });
  });

  it('names a cause by a change only where the change came before the departure', () => {
    const late = {
      ref: 'e1',
      serviceName: 'inventory',
      kind: 'deploy' as const,
      title: 'rollback',
      atMs: minute(45),
    };
    const cause = first({ ...LEAK, changes: [late] });
    expect(cause).toMatchObject({ serviceName: 'inventory', causeKind: 'resource' });
    expect(cause?.contributions.some(({ kind }) => kind === 'change')).toBe(false);
  });

  it('takes no word for a lack of memory that only ends like one', () => {
    const kindOf = (text: string) =>
      first({
        ...WINDOWS,
        series: [],
        changes: [],
        edges: [],
        patterns: [
          {
            ref: 'p',
            serviceName: 's',
            level: 'error',
            text,
            baselineCount: 0,
            incidentCount: 90,
            firstAtMs: minute(41),
          },
        ],
      })?.causeKind;
    expect(['boom 7', 'a cheap room', 'oom-killer: killed 7', 'Java heap space'].map(kindOf)).toEqual([
      'errors',
      'errors',
      'resource',
      'resource',
    ]);
  });

  it('calls nothing the cause that was changed when the trouble had begun', () => {
    const remedy = (afterMs: number) => ({
      ref: 'change:late',
      serviceName: 'inventory',
      kind: 'deploy' as const,
      title: 'a fix',
      atMs: (first({ ...LEAK, changes: [] })?.onsetMs ?? 0) + afterMs,
    });
    const late = first({ ...LEAK, changes: [remedy(40_000)] });
    expect(late).toMatchObject({ serviceName: 'inventory', causeKind: 'resource' });
    expect(late?.contributions.map(({ why }) => why)).toContain(
      'deploy "a fix" came 40 s after it first left its baseline',
    );
    expect(first({ ...LEAK, changes: [remedy(10_000)] })).toMatchObject({ causeKind: 'deploy' });
    const wordy = { ...remedy(40_000), title: 'fix '.repeat(90) };
    expect(first({ ...LEAK, changes: [wordy] })?.contributions.map(({ why }) => why)).toContainEqual(
      expect.stringMatching(/^deploy "(fix ){20}…" came 40 s after/),
    );
  });

  it('finds what has only just begun in the metric that the alert was about', () => {
    const points = (from: number) =>
      Array.from({ length: 125 }, (_, index) => ({
        atMs: index * 15_000,
        value: index < from ? 80 + (index % 7) : 900,
      }));
    const window = {
      baseline: { fromMs: 0, toMs: 1_800_000 },
      incident: { fromMs: 1_800_000, toMs: 1_875_000 },
    };
    const latency = (serviceName: string, from: number) => ({
      ref: `metric:${serviceName}`,
      serviceName,
      metricName: 'latency_ms',
      points: points(from),
    });
    const input = {
      ...window,
      series: [latency('a', 200), latency('b', 124)],
      patterns: [],
      changes: [],
      edges: [],
      alertedAtMs: 1_870_000,
    };
    const noticed = rankRootCauses({
      ...input,
      symptom: { serviceName: 'b', metricName: 'latency_ms' },
    }).causes;
    expect(noticed[0]).toMatchObject({ serviceName: 'b', causeKind: 'latency', onsetMs: 124 * 15_000 });
    expect(noticed[0]?.score).toBeGreaterThan(0.9);
    expect(rankRootCauses(input).causes.map(({ onsetMs }) => onsetMs)).toEqual([]);
  });

  it('says nothing where nothing departed', () => {
    const quiet = shop([], { changes: LEAK.changes });
    expect(rankRootCauses(quiet).causes).toEqual([]);
    expect(rankRootCauses({ ...WINDOWS, series: [], patterns: [], changes: [], edges: [] }).causes).toEqual(
      [],
    );
  });

  it('ranks candidates only', () => {
    const causes = rankRootCauses({ ...LEAK, candidates: ['checkout', 'frontend'] }).causes;
    expect(causes.map(({ serviceName }) => serviceName).sort()).toEqual(['checkout', 'frontend']);
  });

  it('explains every score by contributions with figures, the heaviest first, and scores sum to 1', () => {
    for (const input of [LEAK, DISK, PROVIDER, SURGE]) {
      const { causes } = rankRootCauses(input);
      expect(causes.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 9);
      for (const { score, contributions } of causes) {
        expect(score).toBeGreaterThan(0);
        expect(contributions.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(score, 9);
        const weights = contributions.map(({ weight }) => weight);
        expect(weights).toEqual([...weights].sort((one, other) => other - one));
        for (const { kind, why } of contributions) expect(why).toMatch(kind === 'topology' ? /\w/ : /\d/);
      }
    }
    expect(first(LEAK)?.contributions.map(({ why }) => why)).toContainEqual(
      expect.stringMatching(/^db_connections rose from 1\d\.?\d* to 9\d/),
    );
  });

  it('does not depend on the order of the input', () => {
    const expected = JSON.stringify(rankRootCauses(LEAK));
    const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
    const inputs = fc.record({
      series: shuffled(LEAK.series),
      patterns: shuffled(LEAK.patterns),
      changes: shuffled(LEAK.changes),
      edges: shuffled(LEAK.edges),
    });
    fc.assert(
      fc.property(inputs, (order) => JSON.stringify(rankRootCauses({ ...LEAK, ...order })) === expected),
      { numRuns: 20 },
    );
  });

  it('does not depend on the unit of a metric or on the time of day', () => {
    const services = (input: RootCauseInput) =>
      rankRootCauses(input).causes.map(({ serviceName }) => serviceName);
    const scaled = LEAK.series.map((one) => ({
      ...one,
      points: one.points.map(({ atMs, value }) => ({ atMs, value: value * 1_024 })),
    }));
    expect(services({ ...LEAK, series: scaled })).toEqual(services(LEAK));
    const by = 86_400_000;
    const later = {
      baseline: { fromMs: LEAK.baseline.fromMs + by, toMs: LEAK.baseline.toMs + by },
      incident: { fromMs: LEAK.incident.fromMs + by, toMs: LEAK.incident.toMs + by },
      series: LEAK.series.map((one) => ({
        ...one,
        points: one.points.map((p) => ({ ...p, atMs: p.atMs + by })),
      })),
      patterns: LEAK.patterns.map((one) => ({ ...one, firstAtMs: (one.firstAtMs ?? 0) + by })),
      changes: LEAK.changes.map((one) => ({ ...one, atMs: one.atMs + by })),
      edges: LEAK.edges,
    };
    expect(services(later)).toEqual(services(LEAK));
  });

  it('survives cycles in the graph, broken numbers and unknown services', () => {
    const points = [Number.NaN, Infinity, -Infinity, 1e308, -1e308, 5e-324, 0].map((value, index) => ({
      atMs: START + index,
      value,
    }));
    const input: RootCauseInput = {
      ...LEAK,
      series: [
        ...LEAK.series,
        { ref: 'x', serviceName: 'x', metricName: '', points },
        { ref: 'y', serviceName: 'y', metricName: 'y', points: [] },
      ],
      edges: [
        ...EDGES,
        edge('inventory', 'checkout'),
        edge('inventory', 'inventory'),
        edge('inventory', 'nobody'),
      ],
    };
    for (const { score } of rankRootCauses(input).causes) expect(Number.isFinite(score)).toBe(true);
    expect(first(input)?.serviceName).toBe('inventory');
  });
});
