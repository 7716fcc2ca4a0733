import { evaluateScript } from '../support/evaluate-script';

const KINDS = ['logs', 'metrics', 'events'] as const;
const eachKind = <Value>(value: Value) => Object.fromEntries(KINDS.map((kind) => [kind, value]));

const kept = {
  made: eachKind(10),
  accepted: eachKind(10),
  rejected: 0,
  retries: 3,
  stored: eachKind({ stored: 10, different: 10 }),
  evaluations: { rules: 2, judged: 20, skipped: 0, behind: 0 },
  episodes: 2,
  incidents: 2,
  missed: 0,
  doubled: 0,
  notifications: 4,
  notificationsLost: 0,
};

async function brokenPromises(counted: object): Promise<readonly unknown[]> {
  const expression = `it.promisesOf(${JSON.stringify(counted)}).filter(([, violations]) => violations > 0).map(([name]) => name)`;
  return (await evaluateScript('chaos/promises.mjs', expression)) as readonly unknown[];
}

describe('the promises that are counted after kills', () => {
  it('are kept where everything that was made is there once', async () => {
    expect(await brokenPromises(kept)).toEqual([]);
  });

  it.each([
    ['accepted records lost', { stored: { ...kept.stored, logs: { stored: 9, different: 9 } } }],
    ['records stored twice', { stored: { ...kept.stored, metrics: { stored: 11, different: 10 } } }],
    ['records never accepted', { made: { ...kept.made, logs: 11 } }],
    ['rule evaluations skipped', { evaluations: { ...kept.evaluations, skipped: 1 } }],
    ['rule evaluations skipped', { evaluations: { ...kept.evaluations, behind: 1 } }],
    ['faults without an incident', { missed: 1 }],
    ['incidents doubled', { doubled: 1 }],
    ['notifications lost', { notificationsLost: 1 }],
  ])('are broken where there are %s', async (promise, change) => {
    expect(await brokenPromises({ ...kept, ...change })).toEqual([promise]);
  });

  it('are not kept where nothing was counted', async () => {
    const none = eachKind(0);
    const nothing = {
      ...kept,
      made: none,
      accepted: none,
      stored: eachKind({ stored: 0, different: 0 }),
      evaluations: { rules: 0, judged: 0, skipped: 0, behind: 0 },
      episodes: 0,
      incidents: 0,
      notifications: 0,
    };
    expect(await brokenPromises(nothing)).toHaveLength(8);
    expect(await brokenPromises({ ...kept, accepted: { ...kept.accepted, events: 0 } })).toContain(
      'accepted records lost',
    );
  });
});

describe('the order of kills', () => {
  it('is the same for the same seed, another for another, and spares nobody', async () => {
    const order = (seed: number) =>
      evaluateScript('chaos/random.mjs', `it.killOrder(['a', 'b', 'c', 'd'], 12, it.seededRandom(${seed}))`);
    const first = (await order(7)) as readonly string[];
    expect(await order(7)).toEqual(first);
    expect(await order(8)).not.toEqual(first);
    expect([...first].sort().join('')).toBe('aaabbbcccddd');
  });
});
