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
  decided: readonly Transition[] = [fired];
  transitionsBetween(_scope: unknown, afterMs: number, throughMs: number) {
    return Promise.resolve(
      this.decided.filter(({ evaluatedAtMs: atMs }) => atMs > afterMs && atMs <= throughMs),
    );
  }
  transitionsAt(_scope: unknown, evaluatedAtMs: number) {
    return Promise.resolve(this.decided.filter((each) => each.evaluatedAtMs === evaluatedAtMs));
  }
  undelivered() {
    return Promise.reject(new Error('of the sweep'));
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

  it('tells what earlier evaluations decided of the same alerts, and of no others', async () => {
    const [states, handover] = [new StatesInMemory(), new Handover()];
    const before = { ruleId: rule.id, sinceMs: NOW - 60_000, evaluatedAtMs: NOW - 15_000 };
    states.states = [firing];
    states.decided = [
      transitionOf(scope, { ...before, episodeId: 'e1', labels: {} }),
      transitionOf(scope, { ...before, episodeId: 'told long ago' }),
      transitionOf(scope, { ...before, episodeId: 'e2', evaluatedAtMs: NOW - 30_000 }),
      transitionOf(scope, { ...before, episodeId: 'e2', kind: 'resolved', evaluatedAtMs: NOW - 5000 }),
    ];
    await endRuleAlerts({ states, handover }, scope, rule, 'rule_disabled', NOW);
    expect(handover.delivered.map(({ kind, episodeId }) => `${kind} ${episodeId}`)).toEqual([
      'fired e1',
      'fired e2',
      'resolved e2',
      'resolved e1',
    ]);
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
