import { newScope } from '../../../test/support/new-scope';
import type { StoredRuleState, Transition } from '../../../libs/core/src/alerting/rule-state';
import { RuleStateStore } from '../../../libs/core/src/alerting/rule-state-store.port';
import { TransitionHandover } from '../../../libs/core/src/alerting/transition-handover.port';
import { OpsError } from '../../../libs/core/src/common/errors';
import { ruleOf, transitionOf } from '../../../libs/conformance/src/rule-of';
import { endRuleAlerts } from './end-rule-alerts';

const NOW = 1_700_000_100_000;
const scope = newScope();
const rule = ruleOf(scope, { enabled: false });
const firing: StoredRuleState = {
  ruleId: rule.id,
  labels: {},
  state: { phase: 'firing', sinceMs: NOW - 60_000, episodeId: 'e1' },
  evaluatedAtMs: NOW - 5000,
};
const fired = transitionOf(scope, { ruleId: rule.id, episodeId: 'e1', evaluatedAtMs: NOW - 5000 });

class StatesInMemory extends RuleStateStore {
  states: readonly StoredRuleState[] = [
    { ...firing, evaluatedAtMs: NOW - 15_000, labels: { a: 'b' } },
    firing,
  ];
  load() {
    return Promise.resolve(this.states);
  }
  save() {
    return Promise.reject(new Error('not of a disabled rule'));
  }
  saveRequested() {
    return Promise.reject(new Error('not of a disabled rule'));
  }
  transitionsBetween() {
    return Promise.reject(new Error('not asked for'));
  }
  transitionsAt(_scope: unknown, evaluatedAtMs: number) {
    return Promise.resolve(evaluatedAtMs === fired.evaluatedAtMs ? [fired] : []);
  }
  clear(_scope: unknown, _ruleId: unknown, upToMs: number) {
    this.states = this.states.filter(({ evaluatedAtMs }) => evaluatedAtMs > upToMs);
    return Promise.resolve();
  }
}

class Handover extends TransitionHandover {
  readonly delivered: Transition[] = [];
  isDown = false;
  deliver(_scope: unknown, transitions: readonly Transition[]) {
    if (this.isDown) return Promise.reject(new OpsError('unavailable', 'OPS_ENGINE_UNAVAILABLE', 'down'));
    this.delivered.push(...transitions);
    return Promise.resolve();
  }
}

describe('endRuleAlerts', () => {
  it('tells first what the last evaluation decided, then the ends, and forgets the states', async () => {
    const [states, handover] = [new StatesInMemory(), new Handover()];
    await endRuleAlerts({ states, handover }, scope, rule, 'rule_deleted', NOW);
    expect(handover.delivered.map(({ kind, labels }) => [kind, labels])).toEqual([
      ['fired', fired.labels],
      ['resolved', { a: 'b' }],
      ['resolved', {}],
    ]);
    expect(states.states).toEqual([]);
  });

  it('keeps the states while nobody has taken charge of the ends', async () => {
    const [states, handover] = [new StatesInMemory(), new Handover()];
    handover.isDown = true;
    await expect(endRuleAlerts({ states, handover }, scope, rule, 'rule_deleted', NOW)).rejects.toMatchObject(
      { kind: 'unavailable' },
    );
    expect(states.states).toHaveLength(2);
  });

  it('says nothing of a rule that has no states', async () => {
    const [states, handover] = [new StatesInMemory(), new Handover()];
    states.states = [];
    await endRuleAlerts({ states, handover }, scope, rule, 'rule_disabled', NOW);
    expect(handover.delivered).toEqual([]);
  });
});
