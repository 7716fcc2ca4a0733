import { newScope } from '../../../../test/support/new-scope';
import { ruleOf } from '../../../conformance/src/rule-of';
import type { Rule } from './rule';
import { toTransition } from './to-transition';

const rule = ruleOf(newScope());
const anomaly: Rule['condition'] = {
  kind: 'anomaly',
  metricName: 'latency_ms',
  aggregation: 'p95',
  method: 'adaptive',
  groupByService: false,
};
const change = { kind: 'fired', episodeId: 'episode', sinceMs: 0 } as const;

describe('toTransition', () => {
  it.each<[string, Rule['labels'], string | undefined]>([
    ['no label', {}, undefined],
    ['the name of a runbook', { runbook: 'db-pool-exhausted', team: 'shop' }, 'db-pool-exhausted'],
    ['something else', { runbook: 'https://wiki.example.org/db pool' }, undefined],
    ['a way out of its folder', { runbook: '../secrets' }, undefined],
  ])('names the runbook where the rule’s label is %s', (_case, labels, runbook) => {
    expect(toTransition({ ...rule, labels }, {}, change, 1000).runbook).toBe(runbook);
  });

  it.each<[string, Rule['condition'], number]>([
    ['that of a comparison', rule.condition, 500],
    ['the one given for anomalies', { ...anomaly, threshold: 5 }, 5],
    ['what is usual for the method', { ...anomaly, method: 'robust-z' }, 3.5],
    ['what is usual for most methods', anomaly, 3],
  ])('tells as threshold %s', (_case, condition, threshold) => {
    expect(toTransition({ ...rule, condition }, {}, change, 1000).threshold).toBe(threshold);
  });
});
