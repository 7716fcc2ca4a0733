import { newScope } from '../../../../test/support/new-scope';
import { ruleOf } from '../../../conformance/src/rule-of';
import { LABEL_SETS_MAX, judgeRule } from './judge-rule';
import type { Rule } from './rule';
import type { StoredRuleState } from './rule-state';

const AT = Date.UTC(2026, 0, 1);
const rule = ruleOf(newScope(), { holdSeconds: 0, noData: 'ok' });
const grouped: Rule = { ...rule, condition: { ...rule.condition, groupByService: true } };
const silence: Rule = {
  ...rule,
  condition: { kind: 'log_count', operator: '<', threshold: 1, groupByService: true },
};

function quiet(service: string, evaluatedAtMs = AT - 10_000): StoredRuleState {
  return {
    ruleId: rule.id,
    labels: { service_name: service },
    state: { phase: 'inactive' },
    evaluatedAtMs,
  };
}

describe('judgeRule', () => {
  it('says in the transition all that a person has to know', () => {
    const { states, transitions } = judgeRule(grouped, [], [{ serviceName: 'checkout', value: 812 }], AT);
    expect(states).toMatchObject([
      { labels: { service_name: 'checkout' }, state: { phase: 'firing' }, evaluatedAtMs: AT, value: 812 },
    ]);
    expect(transitions).toMatchObject([
      {
        kind: 'fired',
        projectId: rule.projectId,
        ruleId: rule.id,
        ruleName: rule.name,
        labels: { service_name: 'checkout' },
        serviceName: 'checkout',
        value: 812,
        threshold: 500,
        condition: 'p95(latency_ms) of checkout > 500 over 1m',
        severity: 'critical',
        incidentGroup: 'default',
        evaluatedAtMs: AT,
        sinceMs: AT,
      },
    ]);
  });

  it('keeps the state of a rule without groups at every instant, so that its last value can be seen', () => {
    const { states } = judgeRule(rule, [], [{ value: 3 }], AT);
    expect(states).toEqual([
      { ruleId: rule.id, labels: {}, state: { phase: 'inactive' }, evaluatedAtMs: AT, value: 3 },
    ]);
  });

  it('keeps no quiet service, unless it has to be missed', () => {
    expect(judgeRule(grouped, [], [{ serviceName: 'cart', value: 3 }], AT).states).toEqual([]);
    expect(judgeRule(silence, [], [{ serviceName: 'cart', value: 3 }], AT).states).toMatchObject([
      { labels: { service_name: 'cart' }, state: { phase: 'inactive' } },
    ]);
    expect(judgeRule(silence, [quiet('cart')], [], AT).transitions).toMatchObject([
      { kind: 'fired', serviceName: 'cart', value: 0 },
    ]);
  });

  it('misses a service also where it is the absence of samples that alerts', () => {
    const absence: Rule = { ...grouped, noData: 'alert' };
    const { states } = judgeRule(absence, [], [{ serviceName: 'cart', value: 3 }], AT - 10_000);
    expect(states).toMatchObject([{ labels: { service_name: 'cart' }, state: { phase: 'inactive' } }]);
    expect(judgeRule(absence, states, [], AT).transitions).toMatchObject([
      { kind: 'fired', serviceName: 'cart' },
    ]);
  });

  it('lets go of a service that is quiet again, and of one that the rule is no longer about', () => {
    expect(judgeRule(grouped, [quiet('cart')], [{ serviceName: 'cart', value: 3 }], AT).states).toEqual([]);
    const ofCart: Rule = { ...silence, condition: { ...silence.condition, serviceName: 'cart' } };
    expect(judgeRule(ofCart, [quiet('search')], [], AT).states).toEqual([]);
  });

  it('resolves the alert of a service that is not seen any more', () => {
    const fired = judgeRule(grouped, [], [{ serviceName: 'cart', value: 900 }], AT);
    const { states, transitions } = judgeRule(grouped, fired.states, [], AT + 10_000);
    expect(states).toMatchObject([{ labels: { service_name: 'cart' }, state: { phase: 'inactive' } }]);
    expect(transitions).toMatchObject([
      { kind: 'resolved', episodeId: fired.transitions[0]?.episodeId, serviceName: 'cart' },
    ]);
  });

  it('bounds the label sets of one rule and says how many it left out, but never forgets a firing one', () => {
    const firing = judgeRule(grouped, [], [{ serviceName: 'zz', value: 900 }], AT - 10_000).states;
    const answers = Array.from({ length: LABEL_SETS_MAX + 5 }, (_, index) => ({
      serviceName: `random-${index}`,
      value: 900,
    }));
    const judged = judgeRule(grouped, firing, [...answers, { serviceName: 'zz', value: 900 }], AT);
    expect(judged.states).toHaveLength(LABEL_SETS_MAX);
    expect(judged.states).toContainEqual(expect.objectContaining({ labels: { service_name: 'zz' } }));
    expect(judged.leftOut).toBe(6);
  });
  it('leaves out no service in trouble for those that were quiet before', () => {
    const known = Array.from({ length: LABEL_SETS_MAX }, (_, index) => quiet(`random-${index}`));
    const { transitions, leftOut } = judgeRule(grouped, known, [{ serviceName: 'zz', value: 900 }], AT);
    expect(transitions).toMatchObject([{ kind: 'fired', serviceName: 'zz' }]);
    expect(leftOut).toBe(0);
  });
});
