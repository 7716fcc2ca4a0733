/**
 * Each promise with what was counted against it: `[promise, violations, what is behind the number]`. A promise behind which
 * nothing was counted is not kept.
 */
export function promisesOf(counted) {
  const { accepted, stored, evaluations } = counted;
  const kinds = ['logs', 'metrics', 'events'];
  const sum = (of) => kinds.reduce((total, kind) => total + of(kind), 0);
  const made = sum((kind) => counted.made[kind]);
  return [
    kept(
      'accepted records lost',
      sum((kind) => (accepted[kind] === 0 ? 1 : Math.max(0, accepted[kind] - stored[kind].different))),
      sum((kind) => accepted[kind]),
      'accepted',
    ),
    kept(
      'records stored twice',
      sum((kind) => stored[kind].stored - stored[kind].different),
      sum((kind) => stored[kind].stored),
      'stored',
    ),
    kept(
      'records never accepted',
      made - sum((kind) => accepted[kind]) - counted.rejected,
      made,
      `made, ${counted.retries} requests repeated`,
    ),
    kept('records rejected', counted.rejected, made, 'made'),
    kept(
      'rule evaluations skipped',
      evaluations.skipped + evaluations.behind,
      evaluations.judged,
      `made, ${evaluations.rules} rules`,
    ),
    kept('faults without an incident', counted.missed, counted.episodes, 'faults'),
    kept('incidents doubled', counted.doubled, counted.incidents, 'incidents'),
    kept('notifications lost', counted.notificationsLost, counted.notifications, 'expected'),
  ];
}

const kept = (promise, violations, of, what) => [promise, of === 0 ? 1 : violations, `${of} ${what}`];
