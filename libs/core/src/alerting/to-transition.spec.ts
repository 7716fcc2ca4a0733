import { asId, type ProjectId, type RuleId } from '../common/ids';
import type { Rule } from './rule';
import { toTransition } from './to-transition';

const rule: Rule = {
  id: asId<RuleId>('rule-1'),
  projectId: asId<ProjectId>('shop'),
  name: 'errors',
  enabled: true,
  condition: { kind: 'log_count', operator: '>', threshold: 5, groupByService: false },
  intervalSeconds: 10,
  windowSeconds: 60,
  holdSeconds: 0,
  keepFiringSeconds: 0,
  noData: 'ok',
  severity: 'critical',
  labels: {},
  incidentGroup: 'default',
  createdAtMs: 0,
  updatedAtMs: 0,
};

describe('toTransition', () => {
  it.each<[string, Rule['labels'], string | undefined]>([
    ['no label', {}, undefined],
    ['the name of a runbook', { runbook: 'db-pool-exhausted', team: 'shop' }, 'db-pool-exhausted'],
    ['something else', { runbook: 'https://wiki.example.org/db pool' }, undefined],
    ['a way out of its folder', { runbook: '../secrets' }, undefined],
  ])('names the runbook where the rule’s label is %s', (_case, labels, runbook) => {
    const change = { kind: 'fired', episodeId: 'episode', sinceMs: 0 } as const;
    expect(toTransition({ ...rule, labels }, {}, change, 1000).runbook).toBe(runbook);
  });
});
