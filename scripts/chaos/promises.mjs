/** Each promise with what was counted against it: `[promise, violations, what is behind the number]`. */
export function promisesOf(counted) {
  const { accepted, stored, evaluations } = counted;
  const kinds = ['logs', 'metrics', 'events'];
  const sum = (of) => kinds.reduce((total, kind) => total + of(kind), 0);
  return [
    [
      'accepted records lost',
      sum((kind) => Math.max(0, accepted[kind] - stored[kind].different)),
      `${sum((kind) => accepted[kind])} accepted`,
    ],
    [
      'records stored twice',
      sum((kind) => stored[kind].stored - stored[kind].different),
      `${sum((kind) => stored[kind].stored)} stored`,
    ],
    [
      'records never accepted',
      sum((kind) => counted.made[kind] - accepted[kind]) - counted.rejected,
      `${counted.retries} requests repeated`,
    ],
    ['records rejected', counted.rejected, `${sum((kind) => counted.made[kind])} made`],
    [
      'rule evaluations skipped',
      evaluations.skipped + evaluations.behind,
      `${evaluations.judged} made, ${evaluations.rules} rules`,
    ],
    ['faults without an incident', counted.missed, `${counted.episodes} faults`],
    ['incidents doubled', counted.doubled, `${counted.incidents} incidents`],
    ['notifications lost', counted.notificationsLost, `${counted.notifications} expected`],
  ];
}
