import { newScope } from '../../../../test/support/new-scope';
import { ruleOf } from '../../../conformance/src/rule-of';
import { endAlerts } from './end-alerts';
import { judgeRule } from './judge-rule';
import type { Rule } from './rule';
import type { RuleState, StoredRuleState } from './rule-state';

const rule = ruleOf(newScope(), {
  enabled: false,
  condition: { kind: 'log_count', operator: '>', threshold: 2, groupByService: true },
  holdSeconds: 0,
  noData: 'ok',
});
const stateOf = (service: string, state: RuleState): StoredRuleState => ({
  ruleId: rule.id,
  labels: { service_name: service },
  state,
  evaluatedAtMs: 70_000,
  value: 5,
});

describe('endAlerts', () => {
  it('ends what fires, and nothing that nobody has heard of', () => {
    const states = [
      stateOf('idle', { phase: 'inactive' }),
      stateOf('cart', { phase: 'pending', sinceMs: 60_000 }),
      stateOf('checkout', { phase: 'firing', sinceMs: 60_000, episodeId: 'e1' }),
      stateOf('search', { phase: 'firing', sinceMs: 50_000, episodeId: 'e2', clearSinceMs: 70_000 }),
    ];
    const ends = endAlerts(rule, states, 'rule_disabled', 75_000);
    expect(ends.map(({ labels, episodeId }) => [labels['service_name'], episodeId])).toEqual([
      ['checkout', 'e1'],
      ['search', 'e2'],
    ]);
    expect(ends[0]).toEqual({
      kind: 'resolved',
      projectId: rule.projectId,
      ruleId: rule.id,
      ruleName: rule.name,
      labels: { service_name: 'checkout' },
      episodeId: 'e1',
      evaluatedAtMs: 75_000,
      sinceMs: 60_000,
      threshold: 2,
      condition: 'count(logs) of checkout > 2 over 1m',
      severity: 'critical',
      serviceName: 'checkout',
      incidentGroup: 'default',
      endedBy: 'rule_disabled',
    });
  });

  it('ends the very episode that an evaluation began', () => {
    const { states, transitions } = judgeRule(rule, [], [{ serviceName: 'cart', value: 9 }], 80_000);
    const [end] = endAlerts(rule, states, 'rule_deleted', 85_000);
    expect([end?.episodeId, end?.labels]).toEqual([transitions[0]?.episodeId, transitions[0]?.labels]);
  });

  it.each([
    ['groups no more', { groupByService: false }],
    ['looks at another service', { serviceName: 'search' }],
    ['has another kind', { kind: 'metric_threshold', metricName: 'm', aggregation: 'avg' } as const],
  ])('is not needed for a rule that %s: evaluation ends what is no longer judged', (_what, change) => {
    const firing = stateOf('cart', { phase: 'firing', sinceMs: 60_000, episodeId: 'e1' });
    const changed = { ...rule, condition: { ...rule.condition, ...change } as Rule['condition'] };
    const { transitions } = judgeRule(changed, [firing], [], 80_000);
    expect(transitions).toMatchObject([{ kind: 'resolved', episodeId: 'e1' }]);
  });
});
